import { describe, expect, test } from "vitest";
import { findGraphics, parseLspci, parseNvidiaSmi } from "./graphics";

describe("parseNvidiaSmi", () => {
  test("reads name, memory and driver of each card", () => {
    expect(parseNvidiaSmi("NVIDIA H200, 143771, 570.86.15\nTesla T4, [N/A], 535.104.05\n")).toEqual([
      { name: "NVIDIA H200", memoryMib: 143771, driver: "570.86.15", source: "nvidia-smi" },
      { name: "Tesla T4", driver: "535.104.05", source: "nvidia-smi" },
    ]);
  });

  test("finds nothing in nothing, or in a complaint", () => {
    expect(parseNvidiaSmi("")).toEqual([]);
    expect(parseNvidiaSmi("No devices were found\n")).toEqual([]);
  });
});

describe("parseLspci", () => {
  test("takes display and 3D controllers", () => {
    const text = `00:02.0 "VGA compatible controller" "Intel Corporation" "UHD Graphics 620" -r07 "Dell" "Device 0816"
00:1f.3 "Audio device" "Intel Corporation" "Sunrise Point-LP HD Audio"
3b:00.0 "3D controller" "NVIDIA Corporation" "GH100 [H200]" -ra1`;
    expect(parseLspci(text)).toEqual([
      { name: "Intel Corporation UHD Graphics 620", source: "lspci" },
      { name: "NVIDIA Corporation GH100 [H200]", source: "lspci" },
    ]);
    expect(parseLspci("")).toEqual([]);
  });
});

test("findGraphics never fails", async () => {
  expect(Array.isArray(await findGraphics())).toBe(true);
});
