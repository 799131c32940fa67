#!/usr/bin/env bash
# A rare class: 5 % of the lesions of drawn radiographs. What do sampler, class weights and focal loss do to it while
# training is short? From the repository's root:
#   docs/results/imbalance/run.sh       (about ten minutes on two cores; may be interrupted and started again)
. "$(dirname "$0")/../once.sh"
shares=(--size 256 --shares 50,45,5)
data=$RUNS/rare/phantom.yaml
[ -e "$data" ] || npx fovea phantom --out "$RUNS/rare" --count 440 --val 0.45 "${shares[@]}" --seed 0 >"$RUNS/rare.log"
# Measured on 800 images of their own, so that there are enough of the rare class.
test=$RUNS/rare-test/phantom.yaml
[ -e "$test" ] || npx fovea phantom --out "$RUNS/rare-test" --count 808 --val 0.99 "${shares[@]}" --seed 1 >"$RUNS/rare-test.log"
common=(--model yolov8n.yaml --imgsz 192 --epochs 6 --batch 8 --nbs 8 val=false)

for seed in 0 1 2; do
  once plain-$seed "$data" "${common[@]}" --seed $seed
  once repeat-$seed "$data" "${common[@]}" --seed $seed --sampler repeat --repeat-threshold 0.5
  once inverse-$seed "$data" "${common[@]}" --seed $seed --sampler inverse
  once weights-$seed "$data" "${common[@]}" --seed $seed --cls-pw 1
  once focal-$seed "$data" "${common[@]}" --seed $seed --focal-gamma 1.5 --focal-alpha 0.25
done
for name in plain repeat inverse weights focal; do
  for seed in 0 1 2; do measured $name-$seed "$test" --imgsz 192; done
done
