/**
 * @file Private attributes that are known to be safe: from PS3.15 Table E.3.10-1, those of CT, MR and PET scanners.
 *
 * Each is a creator, a group, the low byte of the element number, and the VR of the table. What is not here is removed, and
 * so is a value that is not of its VR: a text where the table has a number is not what the table calls safe.
 */
const SAFE = `
ELSCINT1|00E1|21|DS
ELSCINT1|00E1|50|DS
ELSCINT1|01E1|26|CS
ELSCINT1|01F1|01|CS
ELSCINT1|01F1|07|DS
ELSCINT1|01F1|26|DS
ELSCINT1|01F1|27|DS
GEMS_ACQU_01|0019|23|DS
GEMS_ACQU_01|0019|24|DS
GEMS_ACQU_01|0019|27|DS
GEMS_ACQU_01|0019|9E|LO
GEMS_HELIOS_01|0045|01|SS
GEMS_HELIOS_01|0045|02|FL
GEMS_PARM_01|0043|27|SH
GEMS_PARM_01|0043|39|IS
GEMS_PARM_01|0043|6F|DS
GEMS_SERS_01|0025|07|SL
Philips Imaging DD 001|2001|03|FL
Philips Imaging DD 001|2001|04|CS
Philips MR Imaging DD 001|2005|0D|FL
Philips MR Imaging DD 001|2005|0E|FL
Philips PET Private Group|7053|00|DS
Philips PET Private Group|7053|09|DS
SIEMENS MR HEADER|0019|0C|IS
SIEMENS MR HEADER|0019|0D|CS
SIEMENS MR HEADER|0019|0E|FD
SIEMENS MR HEADER|0019|27|FD
`;

const VR_OF: ReadonlyMap<string, string> = new Map(
  SAFE.trim()
    .split("\n")
    .map((line) => [line.slice(0, -3), line.slice(-2)]),
);

/** What values of a VR look like, as bytes 0 to 255 without padding; of binary numbers the most there may be is in bytes. */
const FORMS: Readonly<Record<string, RegExp>> = {
  CS: /^[A-Z0-9_ \\]*$/,
  DS: /^[\d+\-.eE \\]*$/,
  IS: /^[\d+\- \\]*$/,
  LO: /^[^\\]{0,64}$/,
  // A ratio, "0.984:1".
  SH: /^[\d.: ]{0,16}$/,
};
const MOST_BYTES: Readonly<Record<string, number>> = { SS: 2, SL: 4, FL: 4, FD: 48 };

/**
 * Whether an element of this creator's block may stay.
 *
 * @param tag as it stands in the file
 * @param vr as the file says it; `UN` where it says none
 * @param bytes length of the value with padding
 * @param text the value as bytes 0 to 255 without padding
 */
export function isSafePrivate(creator: string, tag: number, vr: string, bytes: number, text: string): boolean {
  const hex = tag.toString(16).toUpperCase().padStart(8, "0");
  const meant = VR_OF.get(`${creator}|${hex.slice(0, 4)}|${hex.slice(6)}`);
  if (meant === undefined || (vr !== meant && vr !== "UN")) return false;
  return FORMS[meant]?.test(text) ?? bytes <= MOST_BYTES[meant];
}
