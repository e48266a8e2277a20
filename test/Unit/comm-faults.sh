#!/bin/sh
# comm-faults.sh JOB FAULT: breaks a job of 4 ranks and checks how it ends: in
# bounded time, with a message that names the rank and the collective, a non-zero
# exit code, no process alive 3 s later and no shared-memory file left.
job=$1 fault=$2
. "$(dirname "$0")/../mpi-env.sh"
export MOE_SILENT_SECONDS=2
[ "$fault" != stall ] || export MOE_STUCK_SECONDS=2
# Seconds from the start: 3 of them for mpirun and the first 200 calls.
word=run limit=13
wait='ranks? .*waits? in collective [0-9]+ \(all_.* of moe.einsum at model.mlir'
case $fault in
  kill)       inject="rank=2,site=0,call=200,fault=kill";   say="rank 2 .*is gone.*$wait" ;;
  exit0)      inject="rank=1,site=1,call=200,fault=exit0";  say="rank 1 .*is gone.*$wait" ;;
  stop)       inject="rank=2,site=0,call=200,fault=stop";   say="rank 2 .*is silent for 2.*$wait" limit=10 ;;
  stall)      inject="rank=3,site=2,call=200,fault=stall";  say="rank 3 .*is stuck.*limit 2.0 s.*$wait" limit=10 ;;
  return)     inject="rank=2,site=1,call=200,fault=return"; say="rank 2 .*left with exit code 0.*$wait" ;;
  throw)      inject="rank=1,site=0,call=200,fault=throw";  say="rank 1 .*failed.*injected failure.*$wait" ;;
  rank0-kill) inject="rank=0,site=0,call=200,fault=kill";   say="rank 0 .*is gone" ;;
  rank0-stop) inject="rank=0,site=0,call=200,fault=stop";   say="rank 0 .*is silent" limit=10 ;;
  hash)       word=hash      say="ranks disagree on the program: 'hash-a' on ranks 0 2 3, 'hash-b' on rank 1" ;;
  elsewhere)  word=elsewhere say="ranks disagree.*rank 0 .*collective 0 \(all_to_all.*rank 1 .*barrier" ;;
  error)      word=error     say="parameter file 'weights.npz' does not exist" ;;
  # Before there is a watchdog: MPI_Init takes 0.3 s on an idle machine.
  start-stop)       word=init who=2 start='(sleep 0.1; kill -STOP $$) &' limit=10
                    say="rank 2 is stopped for 2.*wait for it in MPI_Init; rank 0 ends the job" ;;
  rank0-start-stop) word=init who=0 start='kill -STOP $$' limit=10
                    say="rank 0 is stopped for 2.*wait for it in MPI_Init; rank 1 ends the job" ;;
  start-late)       word=init who=1 start='exec sleep 30' limit=10
                    say="MPI_Init does not return on rank 0 for 4 s: another rank does not come" ;;
  *) echo "unknown fault $fault"; exit 2 ;;
esac
[ -n "$inject" ] && export MOE_INJECT=$inject
[ "$fault" != start-late ] || export MOE_START_SECONDS=4
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A name of its own, by which the job's processes can be found.
copy=$(mktemp -d)/job-$$
cp "$job" "$copy"
begin=$(date +%s%N)
timeout 40 mpirun -n 4 sh -c '[ "$OMPI_COMM_WORLD_RANK" != "$1" ] || eval "$2"; exec "$0" "$3"' \
  "$copy" "${who:-none}" "$start" $word >"$log" 2>&1
code=$?
took=$(( ($(date +%s%N) - begin) / 1000000 ))
cat "$log"
echo "$fault: exit code $code after $took ms"
bad=0
complain() { echo "FAILED: $*"; bad=1; }
[ $code -ne 0 ] || complain "exit code 0"
[ $took -le ${limit}000 ] || complain "took $took ms, limit $limit s"
grep -Eq "$say" "$log" || complain "no line matches: $say"
[ "$word" != run ] || grep -q "last collectives of rank" "$log" || complain "no flight recorder"
[ "$(grep -Ec "$say" "$log")" -le 1 ] || complain "told more than once"
for wait in 1 2 3 4 5 6; do
  alive=$(pgrep -f "^$copy") || break
  sleep 0.5
done
[ -z "$alive" ] || { complain "alive 3 s later: $alive"; kill -9 $alive; }
rm -rf "$(dirname "$copy")"
number=$(sed -n 's/^job //p' "$log")
left=$(find /dev/shm -name "vader_segment.*.${number:-unknown}.*")
[ -z "$left" ] || complain "left behind: $left"
exit $bad
