#!/usr/bin/env bash
# Transfer from blood cells to fractures: what helps with 242 radiographs? From the repository's root:
#   docs/results/transfer/run.sh        (about 70 minutes on two cores; may be interrupted and started again)
. "$(dirname "$0")/../once.sh"
cells=$SHARED/data/det_bccd/bccd.yaml
fractures=$SHARED/data/det_bone_fracture/fracture.yaml
common=(--single-cls --imgsz 256 --epochs 30 --batch 8 --nbs 8 --monitor froc)
# The preset "progressive", which is made for a hundred epochs, in thirty.
progressive='[{epochs: 5, trainable: head, lr0: 1e-3}, {epochs: 10, trainable: [upper_backbone, neck, head], lr0: 5e-4},
  {epochs: 15, trainable: all, lr0: 1e-4}]'

once cells "$cells" --model yolov8n.yaml --epochs 60 --imgsz 320 --batch 16 --seed 0
start=$RUNS/cells/weights/best.safetensors
for seed in 0 1; do
  once scratch-$seed "$fractures" --model yolov8n.yaml "${common[@]}" --seed $seed
  once full-$seed "$fractures" --model "$start" "${common[@]}" --seed $seed
  once progressive-$seed "$fractures" --model "$start" "${common[@]}" --seed $seed --stages "$progressive"
  once layers-$seed "$fractures" --model "$start" "${common[@]}" --seed $seed --optimizer AdamW \
    --lr '{backbone: 1e-4, neck: 5e-4, head: 1e-3}'
done
for name in scratch full progressive layers; do
  for seed in 0 1; do measured $name-$seed "$fractures" --single-cls --imgsz 256; done
done
# Does more time help? Five times as many epochs, and the augmentation that is meant for radiographs.
long=("${common[@]}" --epochs 150 --preset xray --seed 0)
once long-0 "$fractures" --model "$start" "${long[@]}"
once long-scratch-0 "$fractures" --model yolov8n.yaml "${long[@]}"
for name in long long-scratch; do measured $name-0 "$fractures" --single-cls --imgsz 256; done
