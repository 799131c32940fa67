// AssemblyScript, compiled by `npm run generate:kernels` into generated/kernel-wasm.ts. Four float32 at a time: the
// update is a handful of operations on nine arrays, which plain JavaScript does in double precision and one by one.
// Every array begins at a multiple of 16 bytes; n is a multiple of 16.

export function squares(n: i32, x: usize): f64 {
  let sum: f64 = 0;
  let i: i32 = 0;
  while (i < n) {
    // Short runs in float32, their sums in float64: the norm of millions of values keeps its digits.
    const end = min(i + 4096, n);
    let part = f32x4.splat(0);
    for (; i < end; i += 4) {
      const v = v128.load(x + (<usize>i << 2));
      part = f32x4.add(part, f32x4.mul(v, v));
    }
    sum += <f64>f32x4.extract_lane(part, 0) + <f64>f32x4.extract_lane(part, 1);
    sum += <f64>f32x4.extract_lane(part, 2) + <f64>f32x4.extract_lane(part, 3);
  }
  return sum;
}

export function add(n: i32, to: usize, from: usize): void {
  for (let i: usize = 0; i < <usize>n << 2; i += 16) {
    v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  }
}

export function adam(
  n: i32, parameters: usize, gradients: usize, average: usize, first: usize, second: usize,
  scale: f32, pull: f32, shrink: f32, rate: f32, root: f32,
  beta1: f32, fresh1: f32, beta2: f32, fresh2: f32, epsilon: f32, share: f32,
): void {
  const vScale = f32x4.splat(scale), vPull = f32x4.splat(pull), vShrink = f32x4.splat(shrink);
  const vRate = f32x4.splat(rate), vRoot = f32x4.splat(root), vEpsilon = f32x4.splat(epsilon), vShare = f32x4.splat(share);
  const b1 = f32x4.splat(beta1), c1 = f32x4.splat(fresh1), b2 = f32x4.splat(beta2), c2 = f32x4.splat(fresh2);
  for (let i: usize = 0; i < <usize>n << 2; i += 16) {
    const p = v128.load(parameters + i);
    const g = f32x4.add(f32x4.mul(v128.load(gradients + i), vScale), f32x4.mul(vPull, p));
    const m = f32x4.add(f32x4.mul(b1, v128.load(first + i)), f32x4.mul(c1, g));
    const v = f32x4.add(f32x4.mul(b2, v128.load(second + i)), f32x4.mul(c2, f32x4.mul(g, g)));
    v128.store(first + i, m);
    v128.store(second + i, v);
    const step = f32x4.div(f32x4.mul(vRate, m), f32x4.add(f32x4.mul(f32x4.sqrt(v), vRoot), vEpsilon));
    const moved = f32x4.sub(f32x4.mul(p, vShrink), step);
    v128.store(parameters + i, moved);
    const a = v128.load(average + i);
    v128.store(average + i, f32x4.add(a, f32x4.mul(vShare, f32x4.sub(moved, a))));
  }
}

export function sgd(
  n: i32, parameters: usize, gradients: usize, average: usize, velocity: usize,
  scale: f32, pull: f32, rate: f32, momentum: f32, share: f32,
): void {
  const vScale = f32x4.splat(scale), vPull = f32x4.splat(pull), vRate = f32x4.splat(rate);
  const vMomentum = f32x4.splat(momentum), vShare = f32x4.splat(share);
  for (let i: usize = 0; i < <usize>n << 2; i += 16) {
    const p = v128.load(parameters + i);
    const g = f32x4.add(f32x4.mul(v128.load(gradients + i), vScale), f32x4.mul(vPull, p));
    const v = f32x4.add(f32x4.mul(vMomentum, v128.load(velocity + i)), g);
    v128.store(velocity + i, v);
    const moved = f32x4.sub(p, f32x4.mul(vRate, f32x4.add(g, f32x4.mul(vMomentum, v))));
    v128.store(parameters + i, moved);
    const a = v128.load(average + i);
    v128.store(average + i, f32x4.add(a, f32x4.mul(vShare, f32x4.sub(moved, a))));
  }
}
