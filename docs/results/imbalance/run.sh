#!/usr/bin/env bash
# A rare class: 5 % of the lesions of drawn radiographs. What do sampler, class weights and focal loss do to it?
# From the repository's root:
#   docs/results/imbalance/run.sh       (may be interrupted and started again)
. "$(dirname "$0")/../once.sh"
data=$RUNS/rare/phantom.yaml
[ -e "$data" ] || npx fovea phantom --out "$RUNS/rare" --count 440 --val 0.45 --size 256 --shares 50,45,5 --seed 0 >"$RUNS/rare.log"
# Measured on 800 images of their own, so that there are enough of the rare class.
test=$RUNS/rare-test/phantom.yaml
[ -e "$test" ] || npx fovea phantom --out "$RUNS/rare-test" --count 808 --val 0.99 --size 256 --shares 50,45,5 --seed 1 >"$RUNS/rare-test.log"
common=(--model yolov8n.yaml --imgsz 192 --epochs 24 --batch 8 --nbs 8 --seed 0)

once rare-plain "$data" "${common[@]}"
once rare-repeat "$data" "${common[@]}" --sampler repeat --repeat-threshold 0.5
once rare-inverse "$data" "${common[@]}" --sampler inverse
once rare-weights "$data" "${common[@]}" --cls-pw 1
once rare-focal "$data" "${common[@]}" --focal-gamma 1.5 --focal-alpha 0.25
for name in plain repeat inverse weights focal; do measured rare-$name "$test" --imgsz 192; done
