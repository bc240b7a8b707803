//! What must raise an alarm and what must not.

use super::{english, russian};

const RUSSIAN_DANGERS: &[(&str, &str)] = &[
    ("у нас на кухне сильно пахнет газом", "gas_smell"),
    ("чувствую запах газа в подъезде", "gas_smell"),
    ("воняет газом от плиты", "gas_smell"),
    ("кажется утечка газа", "gas_smell"),
    ("газ шипит из трубы", "gas_smell"),
    ("не пойму откуда газом тянет", "gas_smell"),
    ("розетка искрит", "sparks_smoke"),
    ("из розетки идёт дым", "sparks_smoke"),
    ("пахнет горелой проводкой", "sparks_smoke"),
    ("дымится щиток на площадке", "sparks_smoke"),
    ("искры летят из выключателя", "sparks_smoke"),
    ("стиральная машина задымилась", "sparks_smoke"),
    ("запах гари от холодильника", "sparks_smoke"),
    ("розетка горячая и плавится", "sparks_smoke"),
    ("вода капает на розетку", "water_electricity"),
    ("с люстры течёт вода", "water_electricity"),
    ("залило щиток водой", "water_electricity"),
    ("соседи затопили вода на проводке", "water_electricity flooding"),
    ("прорвало трубу в ванной", "flooding"),
    ("вода хлещет из стояка", "flooding"),
    ("мы заливаем соседей снизу", "flooding"),
    ("лопнул шланг вода по всей квартире", "flooding"),
    ("сорвало кран и вода фонтаном", "flooding"),
    ("с потолка льётся вода ручьём", "flooding"),
    ("меня ударило током от стиральной машины", "electric_shock"),
    ("бьётся током холодильник", "electric_shock"),
    ("когда моюсь кран током щиплет", "electric_shock"),
    ("колонка дымит и голова болит", "carbon_monoxide"),
    ("сработал датчик угарного газа", "carbon_monoxide gas_smell"),
    ("загорелась проводка в коридоре", "fire"),
    ("ребёнок заперся в ванной", "trapped"),
    ("дверь захлопнулась а на плите суп", "trapped"),
];

const ENGLISH_DANGERS: &[(&str, &str)] = &[
    ("i can smell gas in the kitchen", "gas_smell"),
    ("there is a strong smell of gas", "gas_smell"),
    ("it stinks of gas by the stove", "gas_smell"),
    ("i think we have a gas leak", "gas_smell"),
    ("gas is hissing from the pipe", "gas_smell"),
    ("the gas is escaping somewhere", "gas_smell"),
    ("the outlet is sparking", "sparks_smoke"),
    ("smoke is coming out of the socket", "sparks_smoke"),
    ("there is a burning smell from the panel", "sparks_smoke"),
    ("my washing machine is smoking", "sparks_smoke"),
    ("sparks fly from the light switch", "sparks_smoke"),
    ("it smells like burnt plastic near the outlet", "sparks_smoke"),
    ("the socket is hot and melting", "sparks_smoke"),
    ("the wires are crackling there are sparks", "sparks_smoke"),
    ("water is dripping on the outlet", "water_electricity"),
    ("water runs out of the chandelier", "water_electricity"),
    ("the fuse box got wet", "water_electricity"),
    ("there is water in the socket", "water_electricity"),
    ("a pipe burst in the bathroom", "flooding"),
    ("water is gushing from the riser", "flooding"),
    ("we are flooding the neighbours below", "flooding"),
    ("the hose burst and the kitchen is flooded", "flooding"),
    ("the tap came off and water is spraying", "flooding"),
    ("water is pouring through the ceiling", "flooding"),
    ("i got an electric shock from the washer", "electric_shock"),
    ("the fridge gives me a shock when i touch it", "electric_shock"),
    ("the tap zaps me", "electric_shock"),
    ("the boiler is smoking and i feel dizzy", "carbon_monoxide"),
    ("our carbon monoxide alarm went off", "carbon_monoxide"),
    ("the wiring caught fire", "fire"),
    ("my child is locked in the bathroom", "trapped"),
    ("the door slammed and the stove is on", "trapped"),
];

const RUSSIAN_HARMLESS: &[&str] = &[
    "газовая плита не греет",
    "газовая плита не зажигается",
    "запах краски после ремонта",
    "розетка не искрит просто не работает",
    "дыма нет",
    "нет запаха газа",
    "запаха газа нет",
    "газом не пахнет",
    "не работает розетка",
    "капает кран",
    "свет моргает",
    "подключить газовую плиту",
    "газовая колонка не включается",
    "повесить датчик дыма",
    "установить датчик угарного газа",
    "поменять розетку",
    "установить розетку в ванной",
    "лампочка не горит",
    "на стиральной машине горит ошибка",
    "в холодильнике не горит лампочка",
    "духовка не греет",
    "пироги в духовке подгорают",
    "вода не уходит из раковины",
    "течёт унитаз",
    "подтекает батарея",
    "нет горячей воды",
    "слабый напор воды",
    "телевизор не включается",
    "стиральная машина не сливает воду",
    "посудомойка не заливает воду",
    "не заливает порошок в стиралку",
    "дверь не закрывается",
    "замок заклинил",
    "ключ застрял в замке",
    "потерял ключи от квартиры",
    "собрать детскую кроватку",
    "ребёнок сломал ручку двери",
    "ребёнок разбил стекло",
    "дует из окна",
    "холодильник гудит",
    "кондиционер капает",
    "батарея не греет",
    "плохо топят в доме",
    "повесить люстру",
    "поклеить обои",
    "выбивает автомат",
    "срабатывает узо",
    "поменять автоматы в щитке",
    "запах из канализации",
    "воняет из раковины",
    "микроволновка не греет",
    "вытяжка плохо тянет",
    "нужен электрик",
    "вызвать сантехника",
    "сколько стоит заменить кран",
    "дымчатое стекло в двери поменять",
    "прочистить дымоход",
    "бьёт слабая струя воды",
    "капает кран и ещё розетка не работает",
    "мастер придёт завтра в два часа",
    "горит зелёная лампочка а не стирает",
    "поменять газовый шланг к плите",
];

const ENGLISH_HARMLESS: &[&str] = &[
    "the gas stove does not heat",
    "the gas stove will not light",
    "it smells of paint after the renovation",
    "the outlet is not sparking it just does not work",
    "there is no smoke",
    "no smell of gas",
    "there is no gas smell",
    "it does not smell of gas",
    "the socket is not working",
    "the tap is dripping",
    "the light flickers",
    "connect a gas stove",
    "the gas boiler does not start",
    "hang a smoke detector",
    "install a carbon monoxide alarm",
    "replace an outlet",
    "install an outlet in the bathroom",
    "the bulb burnt out",
    "a red light is on at the washing machine",
    "the fridge light does not work",
    "the oven does not heat",
    "the oven burns my cakes",
    "the sink does not drain",
    "the toilet leaks",
    "the radiator is dripping",
    "there is no hot water",
    "low water pressure",
    "the tv will not turn on",
    "the washing machine does not drain",
    "the dishwasher does not fill with water",
    "the door will not close",
    "the lock is jammed",
    "the key is stuck in the lock",
    "i lost my keys",
    "assemble a crib for the baby",
    "my son broke the door handle",
    "my daughter broke a window",
    "there is a draft from the window",
    "the fridge hums loudly",
    "the air conditioner drips",
    "the radiator is cold",
    "hang a chandelier",
    "hang wallpaper",
    "the breaker trips",
    "the rcd keeps tripping",
    "change the breakers in the panel",
    "the drain smells",
    "a bad smell from the sink",
    "the microwave does not heat",
    "the kitchen hood does not pull",
    "i need an electrician",
    "send a plumber please",
    "how much to replace a tap",
    "the drawer is stuck",
    "the washing machine door is stuck",
    "clothes are stuck in the washer",
    "i was shocked by the price",
    "the outlet for the washing machine is dead",
    "the tap is dripping and also the outlet is dead",
    "hot water is gone",
    "replace the gas hose",
    "the fireplace tiles fell off",
];

#[test]
fn danger_is_never_missed() {
    for (pack, dangers) in [(russian(), RUSSIAN_DANGERS), (english(), ENGLISH_DANGERS)] {
        let missed: Vec<String> = dangers
            .iter()
            .filter(|(said, rules)| {
                let fired = pack.read(said).safety;
                !fired.is_some_and(|fired| rules.split(' ').any(|rule| rule == fired))
            })
            .map(|(said, rules)| format!("{said}: {:?}, not {rules}", pack.read(said).safety))
            .collect();

        assert!(missed.is_empty(), "{}", missed.join("\n"));
    }
}

#[test]
fn harmless_words_raise_no_alarm() {
    for (pack, harmless) in [(russian(), RUSSIAN_HARMLESS), (english(), ENGLISH_HARMLESS)] {
        let alarms: Vec<String> = harmless
            .iter()
            .filter_map(|said| Some(format!("{said}: {}", pack.read(said).safety?)))
            .collect();

        assert!(alarms.is_empty(), "{}", alarms.join("\n"));
    }
}

#[test]
fn every_rule_of_safety_begins_with_what_to_do() {
    for pack in [russian(), english()] {
        for rule in &pack.dangers {
            let told = pack.safety(&rule.name).unwrap();

            assert!(!told.text.is_empty());
            assert!(!told.speech.chars().any(|c| c.is_ascii_digit()), "{}", told.speech);
        }
        assert!(pack.safety("no_such_rule").is_none());
    }
}
