import type { Primaries, StoredColor } from "../../model/stored_color.ts";

/** Three rows of three numbers. */
export type Matrix = readonly (readonly [number, number, number])[];

type Vector = readonly [number, number, number];

const D65 = [0.3127, 0.329] as const;
const C = [0.31, 0.316] as const;
const SRGB = [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, ...D65];

/** x and y of red, green, blue and white (ITU-T H.273, table 2; SMPTE EG 432-1). Others come with a profile. */
const CHROMATICITIES: Partial<Record<Primaries, readonly number[]>> = {
  bt709: SRGB,
  bt470m: [0.67, 0.33, 0.21, 0.71, 0.14, 0.08, ...C],
  bt470bg: [0.64, 0.33, 0.29, 0.6, 0.15, 0.06, ...D65],
  smpte170m: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...D65],
  film: [0.681, 0.319, 0.243, 0.692, 0.145, 0.049, ...C],
  bt2020: [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, ...D65],
  xyz: [1, 0, 0, 1, 0, 0, 1 / 3, 1 / 3],
  dci_p3: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.314, 0.351],
  display_p3: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, ...D65],
  ebu3213: [0.63, 0.34, 0.295, 0.605, 0.155, 0.077, ...D65],
};

/** From linear light of the stored primaries to linear sRGB; the stored white stays white. */
export function matrixToSrgb({ primaries, chromaticities }: StoredColor): Matrix {
  const stored = chromaticities ?? CHROMATICITIES[primaries] ?? SRGB;
  const matrix = multiply(inverse(toXyz(SRGB)), toXyz(stored))
    // White is all three: whatever it looks like is scaled to sRGB's.
    .map(([r, g, b]) => [r / (r + g + b), g / (r + g + b), b / (r + g + b)] as const);
  // What a hostile header lists need not span any colours.
  return matrix.flat().every(Number.isFinite) ? matrix : [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
}

/** From linear light to XYZ, Y of white being 1 (SMPTE RP 177). */
function toXyz(xy: readonly number[]): Matrix {
  const [red, green, blue, white] = [0, 2, 4, 6].map((at) => xyzOf(xy[at] ?? 0, xy[at + 1] ?? 1));
  if (!red || !green || !blue || !white) throw new TypeError("Four points are listed");
  const columns: Matrix = [0, 1, 2].map((row) => [red[row] ?? 0, green[row] ?? 0, blue[row] ?? 0]);
  const [r, g, b] = apply(inverse(columns), white);
  return columns.map(([x, y, z]) => [x * r, y * g, z * b]);
}

function xyzOf(x: number, y: number): Vector {
  // Table 2 lists the Z primary as 0, 0.
  return y === 0 ? (x === 0 ? [0, 0, 1] : [1, 0, 0]) : [x / y, 1, (1 - x - y) / y];
}

function apply(matrix: Matrix, [x, y, z]: Vector): Vector {
  const [a = 0, b = 0, c = 0] = matrix.map((row) => row[0] * x + row[1] * y + row[2] * z);
  return [a, b, c];
}

function multiply(a: Matrix, b: Matrix): Matrix {
  const columns = transposed(b);
  return transposed(columns.map((column) => apply(a, column)));
}

function transposed(matrix: Matrix): Matrix {
  return [0, 1, 2].map((at) => {
    const [a = 0, b = 0, c = 0] = matrix.map((row) => row[at] ?? 0);
    return [a, b, c];
  });
}

function inverse(matrix: Matrix): Matrix {
  const [[a, b, c], [d, e, f], [g, h, i]] = matrix as readonly [Vector, Vector, Vector]; // three rows
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const cofactors: Matrix = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  return cofactors.map(([x, y, z]) => [x / determinant, y / determinant, z / determinant]);
}
