// All ops of the dialect, for its reference page. Code is made of each file by
// itself, so that few sources depend on manual regions.
include "dialects/Spmd/SpmdOps.td"
include "dialects/Spmd/SpmdManual.td"
