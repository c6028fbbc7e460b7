/** What may stand in a row as a camera's model: for each make the words and the codes that its models' names consist of. */

interface ModelNames {
  /** Words of series and variants, as makers write them. */
  readonly words?: string;
  /** Model numbers; at most {@link MAX_CODES} in a name. */
  readonly codes?: RegExp;
}

const MAX_WORDS = 8;
const MAX_CODES = 2;

const MODELS: Readonly<Record<string, ModelNames>> = {
  apple: {
    words:
      "iPhone iPad iPod touch SE X XR XS Xs Pro Max Plus Air mini generation) (1st (2nd (3rd " +
      "(4th (5th (6th (7th (8th (9th (10th (11-inch) (12.9-inch)",
    codes: /^\d{1,2}(?:[a-z]|GS?)?$/,
  },
  samsung: {
    words: "Galaxy Note Ultra Plus FE Fold Flip Tab Z S A M Nexus Digimax Camera 5G 4G",
    codes:
      /^(?:(?:SM|GT|SGH|SCH|SPH|SHV|SHW)-[A-Z]\d{2,4}[A-Z]{0,2}\d?|EK-[A-Z]{2}\d{3}|(?:NX|WB|ST|ES|PL|EX|DV|TL|[SAMF])?\d{1,4}[A-Za-z]?)$/,
  },
  google: { words: "Pixel Nexus XL Pro Fold Tablet", codes: /^\d{1,2}[aPX]?$/ },
  canon: {
    words:
      "EOS Rebel REBEL Kiss Digital DIGITAL PowerShot IXUS IXY ELPH Mark MARK HS IS Ti XT XTi XS XSi " +
      "R RP M V II III IV Pro",
    codes: /^(?:[ADGMNRSTVXZ]|SX|SD|ELPH|Pro|T)?\d{1,4}(?:D[sa]?|X|C|S|i|F|IS|HS)?$/,
  },
  nikon: {
    words: "COOLPIX Df Zf Zfc Z II III s",
    codes: /^(?:[ABDELPSWZ]|AW|D|P|V|J)?\d{1,4}[a-zA-Z]?(?:_2|II)?$/,
  },
  sony: {
    words: "Xperia PRO Pro Ultra Compact Premium Plus II III IV V VI",
    codes:
      /^(?:(?:DSC|ILCE|ILCA|ILME|NEX|SLT|DSLR|ZV|HDR|FDR|MVC|XQ|SO|DCR)-[A-Z]{0,3}\d{0,4}[A-Z]{0,3}\d{0,2}[A-Z]?\d?[A-Z]?|[A-Z]\d{4}|\d{1,2})$/,
  },
  fujifilm: {
    words: "FinePix GFX X-Pro X-S X II III IV V VI EXR",
    codes:
      /^(?:X-?(?:T|E|H|S|M|A|Pro|Q|F)\d{1,3}[SVR]?(?:II)?|X\d{2,3}[A-Z]{0,2}|GFX\d{2,3}[SR]?|[AEFHJLSTZ]V?\d{2,4}[A-Z]{0,4}|HS\d{2}EXR|XP\d{2,3})$/,
  },
  olympus: {
    words: "SP PEN OM Mark II III IV",
    codes:
      /^(?:E-[MP]?L?\d{1,4}(?:Mark[IV]{1,3})?|OM-\d{1,2}|TG-\d{1,3}|(?:C|D|X|u|FE|SH|SZ|XZ|SP|VG|VR|SZ|S)-?\d{1,4}[A-Z]{0,3})$/,
  },
  panasonic: { words: "LUMIX Lumix", codes: /^(?:DMC|DC)-[A-Z]{1,3}\d{1,4}[A-Z]{0,3}(?:M\d)?$/ },
  leica: {
    words: "LEICA Leica Camera Typ M Q SL CL TL D-LUX V-LUX X Monochrom Edition",
    codes: /^(?:M|Q|SL|TL|S|X|C)?\d{1,3}(?:-[PRD])?$/,
  },
  ricoh: {
    words: "PENTAX RICOH GR THETA Optio Digital II III IIIx Mark",
    codes: /^(?:K-?\d{1,2}[DsS]?|K-[rmx]|KP|GXR?\d{0,3}|WG-\d{1,2}|[A-Z]\d{2,3}|645[DZ]|CX\d)$/,
  },
  hasselblad: {
    words: "Hasselblad X1D X2D L1D L2D CFV",
    codes: /^(?:(?:L|X|H)\d[DXH]?-?\d{2,3}[Cc]?|\d{2,3}[Cc]?)$/,
  },
  dji: {
    words: "Mavic Mini Air Pro Phantom Osmo Pocket Action",
    codes: /^(?:FC\d{3,4}[A-Z]{0,2}|OT\d{3}|HG\d{3}|M\dM?)$/,
  },
  gopro: {
    words: "HERO MAX Black Silver White Session Mini +",
    codes: /^(?:HERO\d{1,2}|HD\d{1,2}(?:\.\d{2}){0,3})$/,
  },
  xiaomi: {
    words: "Mi Redmi POCO Xiaomi Note Pro Plus Lite Ultra Max Mix NFC MIX 5G SE T",
    codes: /^(?:M?2\d{3,7}[A-Z]\d{0,2}[A-Z]{0,3}|[A-Z]?\d{1,2}[A-Z]{0,2})$/,
  },
  huawei: {
    words: "HUAWEI Honor nova Nova Mate Pro Lite Plus P Y",
    codes:
      /^(?:[A-Z]{2,3}-(?:[A-Z]{1,2}\d{1,2}[A-Z]?|[A-Z]{2}\d{2})|P\d{1,2}|Y\d{1,2}|\d{1,2}[a-z]?)$/,
  },
  honor: {
    words: "HONOR Honor Magic Pro Lite View",
    codes: /^(?:[A-Z]{3}-[A-Z]{1,2}\d{1,2}|[VX]?\d{1,2}[A-Z]?)$/,
  },
  oneplus: {
    words: "OnePlus ONEPLUS Nord Pro CE",
    codes: /^(?:(?:A|IN|LE|KB|NE|GM|HD|EB|DN|AC|BE|CPH)\d{4}|\d{1,2}[TR]?)$/,
  },
  oppo: { words: "OPPO Reno Find Pro Lite", codes: /^(?:CPH\d{4}|[A-Z]\d{1,3}[a-z]?|\d{1,2})$/ },
  vivo: { words: "vivo NEX Pro", codes: /^(?:V\d{4}[A-Z]?|[VXYS]\d{1,3}[a-z]?|\d{4})$/ },
  motorola: {
    words:
      "Moto moto motorola edge one razr Z G E X Play Plus Pro Power Force stylus plus play power fusion ultra neo 5G",
    codes: /^(?:XT\d{4}|g\d{0,2}|e\d{0,2}|[GEXZ]\d{0,2}|\(?\d{1,2}\)?)$/,
  },
  lg: {
    words: "Nexus Optimus ThinQ",
    codes: /^(?:LG-?[A-Z]{1,2}\d{3,4}[A-Z]{0,3}\d?|LM-[A-Z]\d{3}[A-Z]{0,3}|\d)$/,
  },
  htc: {
    words: "HTC Desire One Wildfire U Ultra",
    codes: /^(?:M\d{1,2}|U\d{1,2}|\d{2,3}[A-Za-z]?)$/,
  },
  nokia: {
    words: "Nokia Lumia PureView Plus 5G",
    codes: /^(?:TA-\d{4}|[NECX]\d{1,2}(?:-\d)?|\d{1,4}(?:\.\d)?)$/,
  },
  microsoft: { words: "Lumia Surface Duo Pro XL Dual SIM", codes: /^\d{1,4}$/ },
  kodak: {
    words: "KODAK EASYSHARE EasyShare PIXPRO DIGITAL CAMERA ZOOM Zoom Digital Camera DC",
    codes: /^(?:[CDMVZ][XD]?\d{3,4}[A-Z]{0,2}|DC\d{3,4}|AZ\d{3}|FZ\d{2,3})$/,
  },
  casio: { words: "EXILIM", codes: /^(?:EX|QV)-[A-Z]{0,3}\d{1,4}[A-Z]{0,2}$/ },
  sigma: { words: "SIGMA fp L Quattro Merrill", codes: /^(?:DP\d[sx]?|SD\d{1,2}|sd)$/ },
};

/** A model of a make as it stands in rows: the name itself where it consists of the make's own words, else `other`. */
export function modelName(make: string, name: string): string {
  const { words = "", codes } = MODELS[make] ?? {};
  const parts = name.split(" ");
  const known = new Set(words.split(" "));
  const unknown = parts.filter((part) => !known.has(part));
  const isKnown = parts.length <= MAX_WORDS && unknown.length <= MAX_CODES &&
    unknown.every((part) => codes?.test(part) === true);
  return isKnown ? name : "other";
}
