#!/bin/sh
# comm-monitoring.sh JOB: our counters against Open MPI's own monitoring. Every
# byte and message that MPI saw between two ranks is payload, agreement header or
# set-up that the transport counted, and MPI's collectives were never called.
. "$(dirname "$0")/../mpi-env.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# `pml` stays unset: monitoring writes nothing where it is named.
mpirun -n 4 --mca pml_monitoring_enable 2 --mca pml_monitoring_enable_output 3 \
  --mca pml_monitoring_filename "$folder/seen" "$1" bytes "$folder/counted" || exit 1
bad=0
for rank in 0 1 2 3; do
  [ -s "$folder/seen.$rank.prof" ] || { echo "FAILED: no monitoring of rank $rank"; exit 1; }
  seen=$(awk '$1 == "E" || $1 == "I" { bytes += $4; messages += $6 } END { print bytes, messages }' "$folder/seen.$rank.prof")
  inner=$(awk '/^I|^O2A|^A2O|^A2A/ { messages += $1 == "I" ? $6 : $4 } END { print messages + 0 }' "$folder/seen.$rank.prof")
  counted=$(cat "$folder/counted.$rank")
  echo "rank $rank: monitoring saw $seen (bytes, messages), counted were $counted"
  [ "$seen" = "$counted" ] || { echo "FAILED: they differ"; bad=1; }
  [ "$inner" = 0 ] || { echo "FAILED: $inner messages of MPI's own collectives"; bad=1; }
done
exit $bad
