// Sentences for invented mail: a large pool of English and German made from parts, small fixed ones in other scripts.
import { type Dice, dice } from "./dice.js";

export type Language = "en" | "de" | "fr" | "ja" | "ru" | "he" | "ar" | "el" | "zh" | "pl";

const english = {
  opening: [
    "As discussed,",
    "After the call with the supplier,",
    "For the record,",
    "Before the holidays,",
    "Since last week,",
    "In short,",
    "Looking at the figures,",
    "On the second point,",
    "From what I can see,",
    "To be safe,",
  ],
  who: [
    "the project team",
    "our auditor",
    "the customer",
    "accounting",
    "the plant in Lyon",
    "the new contractor",
    "legal",
    "the steering group",
    "our partner",
    "the night shift",
    "the support desk",
    "purchasing",
  ],
  does: [
    "has confirmed",
    "still waits for",
    "would like to postpone",
    "cannot accept",
    "will review",
    "has found an error in",
    "asks about",
    "needs to sign off",
    "has moved",
    "agreed to",
    "is preparing",
    "wants to compare",
  ],
  what: [
    "the revised offer",
    "the delivery schedule",
    "the second invoice",
    "the test report",
    "the framework contract",
    "the budget for next quarter",
    "the migration plan",
    "the floor plan",
    "the warranty terms",
    "the minutes",
    "the list of open points",
    "the safety briefing",
  ],
  closing: [
    "by the end of the week",
    "before we meet on Thursday",
    "so please hold the order",
    "and I would rather not wait",
    "which affects the go-live",
    "as agreed with the board",
    "unless somebody objects",
    "and the costs stay the same",
    "because the lead time is six weeks",
    "once the numbers are in",
  ],
};

const german = {
  opening: [
    "Wie besprochen",
    "Nach dem Termin beim Lieferanten",
    "Zur Erinnerung",
    "Vor den Feiertagen",
    "Seit letzter Woche",
    "Aus unserer Sicht",
    "Für die Übergabe",
    "Laut Protokoll",
  ],
  who: [
    "das Projektteam",
    "die Prüfung",
    "der Kunde",
    "die Buchhaltung",
    "das Werk in Lübeck",
    "die Rechtsabteilung",
    "der neue Dienstleister",
    "der Einkauf",
  ],
  does: ["bestätigt", "wartet noch auf", "verschiebt", "prüft", "benötigt", "überarbeitet", "genehmigt", "vergleicht"],
  what: [
    "das überarbeitete Angebot",
    "den Lieferplan",
    "die zweite Rechnung",
    "den Prüfbericht",
    "den Rahmenvertrag",
    "das Budget für das nächste Quartal",
    "die Gewährleistung",
    "die Liste der offenen Punkte",
  ],
  closing: [
    "bis Ende der Woche",
    "vor dem Termin am Donnerstag",
    "und zwar möglichst früh",
    "wie mit der Geschäftsführung vereinbart",
    "sofern niemand widerspricht",
    "weil die Lieferzeit sechs Wochen beträgt",
  ],
};

const others: Record<Exclude<Language, "en" | "de">, string[]> = {
  fr: [
    "Le calendrier de livraison a été confirmé hier.",
    "Merci de vérifier la deuxième facture avant jeudi.",
    "L'équipe attend encore l'accord du client.",
    "À bientôt, et bon week-end à tous.",
    "Le contrat-cadre sera signé après la réunion.",
  ],
  ja: [
    "お世話になっております。",
    "添付の見積書をご確認ください。",
    "来週の会議は木曜日に変更になりました。",
    "納期について再度ご連絡いたします。",
    "ご不明な点がございましたらお知らせください。",
  ],
  ru: [
    "Добрый день, коллеги!",
    "Договор будет подписан после совещания.",
    "Просим проверить второй счёт до четверга.",
    "График поставки подтверждён поставщиком.",
    "С уважением, отдел закупок.",
  ],
  he: [
    "שלום רב,",
    "ההצעה המעודכנת נשלחה אתמול.",
    "נא לאשר את לוח הזמנים עד יום חמישי.",
    "החשבונית השנייה ממתינה לבדיקה.",
    "תודה ובהצלחה.",
  ],
  ar: [
    "تحية طيبة وبعد،",
    "تم تأكيد موعد التسليم أمس.",
    "يرجى مراجعة الفاتورة الثانية قبل يوم الخميس.",
    "ننتظر موافقة العميل على العقد.",
    "مع أطيب التحيات.",
  ],
  el: [
    "Καλημέρα σας,",
    "Η προσφορά επιβεβαιώθηκε χθες.",
    "Παρακαλώ ελέγξτε το τιμολόγιο έως την Πέμπτη.",
    "Με εκτίμηση.",
  ],
  zh: ["您好,", "请查收附件中的报价单。", "会议改到星期四举行。", "如有问题请随时联系。"],
  pl: [
    "Dzień dobry,",
    "Umowa ramowa zostanie podpisana po spotkaniu.",
    "Proszę sprawdzić drugą fakturę do czwartku.",
    "Zespół czeka jeszcze na zgodę klienta. Żółty plik jest gotowy.",
  ],
};

type Parts = typeof english;
const poolSize = 4_000;
const pools = new Map<Language, string[]>();

function pool(language: Language): string[] {
  const known = pools.get(language);
  if (known) return known;
  const made = language === "en" || language === "de" ? compose(language) : others[language];
  pools.set(language, made);
  return made;
}

function compose(language: "en" | "de"): string[] {
  const source = dice("prose", language);
  const parts: Parts = language === "en" ? english : german;
  return Array.from({ length: poolSize }, () => {
    const who = source.pick(parts.who);
    const what = source.pick(parts.what);
    const closing = source.chance(0.6) ? ` ${source.pick(parts.closing)}` : "";
    const number = source.chance(0.25) ? ` (${1 + source.int(900)}/${source.hex(4)})` : "";
    // The German verb comes before its subject when the sentence opens with an adverb.
    const does = source.pick(parts.does);
    const core = language === "en" ? `${who} ${does} ${what}` : `${does} ${who} ${what}`;
    return `${source.pick(parts.opening)} ${core}${number}${closing}.`;
  });
}

export function sentence(source: Dice, language: Language): string {
  return source.pick(pool(language));
}

/** `count` paragraphs of one to four sentences. */
export function paragraphs(source: Dice, language: Language, count: number): string[] {
  return Array.from({ length: count }, () => {
    const sentences = Array.from({ length: 1 + source.int(4) }, () => sentence(source, language));
    return sentences.join(language === "ja" || language === "zh" ? "" : " ");
  });
}

const topics: Record<Language, string[]> = {
  en: [
    "Delivery schedule",
    "Budget review",
    "Contract draft",
    "Site visit",
    "Open points",
    "Quarterly report",
    "Migration plan",
    "Travel expenses",
    "Training dates",
    "Supplier audit",
  ],
  de: [
    "Lieferplan",
    "Budgetprüfung",
    "Vertragsentwurf",
    "Begehung Halle 3",
    "Offene Punkte",
    "Quartalsbericht",
    "Übergabe",
    "Reisekosten",
  ],
  fr: ["Réunion de chantier", "Facture n° 2", "Déjà validé"],
  ja: ["見積書の件", "会議日程の変更"],
  ru: ["Договор поставки", "Счёт на оплату"],
  he: ["הצעת מחיר", "לוח זמנים"],
  ar: ["عرض السعر", "موعد الاجتماع"],
  el: ["Τιμολόγιο", "Συνάντηση"],
  zh: ["报价单", "会议安排"],
  pl: ["Umowa ramowa", "Faktura żółta"],
};

export function topic(source: Dice, language: Language): string {
  return `${source.pick(topics[language])} ${2020 + source.int(7)}-${String(1 + source.int(12)).padStart(2, "0")}`;
}
