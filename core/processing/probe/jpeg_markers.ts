/** Markers of JPEG (ITU-T T.81, table B.1) that more than one file looks for or writes. */
export const START_OF_SCAN = 0xda;
export const APP0 = 0xe0;
export const APP1 = 0xe1;
export const APP2 = 0xe2;

/** Names a segment of XMP. */
export const XMP_NAME = "http://ns.adobe.com/xap/1.0/\0";
