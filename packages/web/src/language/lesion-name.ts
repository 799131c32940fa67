/**
 * @file Names of usual lesion classes in Chinese. A class that is not here is shown as the model calls it.
 */
import type { Language } from "./language";

const CHINESE_NAMES: Readonly<Record<string, string>> = {
  aneurysm: "动脉瘤",
  atelectasis: "肺不张",
  bleeding: "出血",
  calcification: "钙化",
  cardiomegaly: "心脏增大",
  consolidation: "实变",
  cyst: "囊肿",
  edema: "水肿",
  effusion: "积液",
  emphysema: "肺气肿",
  fibrosis: "纤维化",
  fracture: "骨折",
  hemorrhage: "出血",
  infiltration: "浸润",
  lesion: "病灶",
  lymph_node: "淋巴结",
  mass: "肿块",
  metastasis: "转移灶",
  nodule: "结节",
  opacity: "阴影",
  pneumonia: "肺炎",
  pneumothorax: "气胸",
  polyp: "息肉",
  tumor: "肿瘤",
};

/** A class in the language of the page. */
export function lesionName(className: string, language: Language): string {
  if (language === "en") return className;
  const key = className.toLowerCase().replace(/[\s-]+/g, "_");
  return Object.hasOwn(CHINESE_NAMES, key) ? CHINESE_NAMES[key] : className;
}
