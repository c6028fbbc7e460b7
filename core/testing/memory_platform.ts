import type { PlatformSettings, Setting, SettingName } from "../ports/platform_settings.ts";
import { SETTING_RULES } from "../retention/platform_places.ts";

const NAMES = Object.keys(SETTING_RULES) as SettingName[]; // its only keys

/** A platform whose settings are as promised, until a test changes them. */
export class MemoryPlatform implements PlatformSettings {
  settings: readonly Setting[] = NAMES.map((name) => (
    { name, of: "it", value: SETTING_RULES[name][2] }
  ));

  read: PlatformSettings["read"] = () => Promise.resolve(this.settings);
}
