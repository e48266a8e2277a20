# Environment for mpirun, shared by the quickstart and the tests: source it.
# These must be set before mpirun starts; what moe-run can set itself it does.

# As root (a container) mpirun refuses without both.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# More ranks than cores.
export OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none
