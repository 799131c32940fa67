# Sourced by the experiments beside it: each run is started once, resumed if it was interrupted, and measured.
#   RUNS      folder of the runs (default runs/results)
#   FOVEA_SHARED  reference material with the data sets (default ../shared)
set -euo pipefail
RUNS=${RUNS:-runs/results}
SHARED=$(realpath "${FOVEA_SHARED:-../shared}")
mkdir -p "$RUNS"

# once NAME DATA ARGUMENTS...: trains into $RUNS/NAME; the log is appended to, wall time included.
once() {
  local name=$1 data=$2 folder=$RUNS/$1
  shift 2
  [ -e "$folder/finished" ] && return
  echo "== $name"
  if [ -e "$folder/weights/resume.safetensors" ]; then
    { time npx fovea train --resume "$folder"; } >>"$RUNS/$name.log" 2>&1
  else
    rm -rf "$folder"
    { time npx fovea train --data "$data" --project "$RUNS" --name "$name" "$@"; } >"$RUNS/$name.log" 2>&1
  fi
  touch "$folder/finished"
}

# measured NAME DATA ARGUMENTS...: measures the best weights of a run into $RUNS/NAME.json.
measured() {
  local name=$1 data=$2
  shift 2
  [ -e "$RUNS/$name.json" ] && return
  npx fovea val --model "$RUNS/$name/weights/best.safetensors" --data "$data" --json "$RUNS/$name.json" "$@" >"$RUNS/$name.txt" 2>&1
}
