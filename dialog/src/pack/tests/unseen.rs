//! Sentences nobody tuned to, and sentences about nothing here.

use super::{english, russian, top};
use crate::pack::Reading;

/// Sentences nobody tuned to: what was said and the codes that would be right.
const RUSSIAN_UNSEEN: &[(&str, &str)] = &[
    ("здравствуйте у меня на кухне из крана всё время капает вода", "tap_drip"),
    ("слушайте стиралка постирала а воду сливать не хочет", "washer_not_drain"),
    ("в ванной засор вода стоит и не уходит", "bath_clog sewer_clog sink_clog"),
    ("холодильник работает но внутри тепло и мясо оттаяло", "fridge_warm"),
    ("у нас по всей квартире света нет а соседи с электричеством", "no_power_flat"),
    ("розетка возле кровати перестала заряжать телефон не работает", "socket_dead"),
    ("надо бы люстру новую повесить в зале", "chandelier_install"),
    ("ключ в двери сломался домой попасть не можем", "lock_jammed"),
    ("купили шкаф в разобранном виде соберите пожалуйста", "furniture_assembly"),
    ("батарея в детской ледяная а остальные горячие", "radiator_cold"),
    ("водонагреватель включен а вода холодная", "boiler_cold"),
    ("когда запускаю чайник и стиральную машину вышибает автомат", "breaker_trips"),
    ("посудомойка закончила а вода осталась внизу не сливает", "dishwasher_not_drain"),
    ("окно пластиковое не закрывается и дует холодом", "window_draft window_handle"),
    ("унитаз подтекает вода бежит не переставая", "toilet_runs"),
    ("телевизор включаю звук идёт а изображения нет", "tv_dead"),
    ("смеситель хочу новый поставить вместо старого", "tap_replace"),
    ("духовка еле греет пироги не пропекаются", "oven_cold"),
    ("машинка стиральная прыгает на отжиме и страшно грохочет", "washer_noise"),
    ("плитка в ванной отвалилась со стены", "tile_fix"),
    ("мне телевизор нужно на стенку прикрепить кронштейн есть", "tv_mount"),
    ("под мойкой на кухне вода собирается", "siphon_leak"),
];

const ENGLISH_UNSEEN: &[(&str, &str)] = &[
    ("hello my kitchen faucet has been dripping for two days", "tap_drip"),
    ("the washer finished but the water did not drain", "washer_not_drain"),
    ("my bathtub is blocked and the water is just standing there", "bath_clog"),
    ("everything in the refrigerator is warm and the milk went bad", "fridge_warm"),
    ("we have no electricity in the entire flat but the neighbours do", "no_power_flat"),
    ("the outlet next to my bed stopped working", "socket_dead"),
    ("could someone hang a new chandelier in the living room", "chandelier_install"),
    ("my key snapped in the lock and i cannot get in", "lock_jammed"),
    ("i bought a wardrobe and need somebody to assemble it", "furniture_assembly"),
    ("one radiator in the nursery is stone cold", "radiator_cold"),
    ("the water heater is on but the water stays cold", "boiler_cold"),
    ("whenever i switch on the kettle the breaker trips", "breaker_trips"),
    ("there is water left at the bottom of the dishwasher", "dishwasher_not_drain"),
    ("cold air blows in through our bedroom window", "window_draft"),
    ("the toilet never stops running", "toilet_runs"),
    ("the television has sound but the picture is gone", "tv_dead"),
    ("i would like a new faucet fitted in the kitchen", "tap_replace"),
    ("my oven will not get hot", "oven_cold"),
    ("the washing machine bangs and jumps when it spins", "washer_noise washer_not_spin"),
    ("some tiles fell off the bathroom wall", "tile_fix"),
    ("i want my tv mounted on the wall", "tv_mount"),
    ("it is dripping inside the cupboard beneath the sink", "siphon_leak"),
];

#[test]
fn sentences_nobody_tuned_to_are_understood() {
    for (pack, unseen) in [(russian(), RUSSIAN_UNSEEN), (english(), ENGLISH_UNSEEN)] {
        let missed: Vec<String> = unseen
            .iter()
            .filter(|(said, codes)| {
                !top(&pack, said).is_some_and(|top| codes.split(' ').any(|code| code == top))
            })
            .map(|(said, codes)| format!("{said}: {:?}, not {codes}", pack.read(said).symptoms))
            .collect();

        assert!(missed.len() * 20 <= unseen.len(), "{}", missed.join("\n"));
    }
}

const RUSSIAN_NONSENSE: &[&str] = &[
    "завтра будет дождь и ветер",
    "меня зовут иван петрович",
    "улица мира сорок два квартира семнадцать",
    "да конечно давайте",
    "нет спасибо",
    "завтра после обеда часа в три",
    "восемь девятьсот одиннадцать сто двадцать три сорок пять шестьдесят семь",
    "я люблю играть в шахматы по вечерам",
    "сколько звёзд на небе",
    "вчера ходили в кино на новый фильм",
    "кошка сидит на дереве",
    "какая сегодня погода",
    "расскажите анекдот",
    "у меня собака лает на почтальона",
    "бла бла бла",
    "ничего не слышно повторите",
];

const ENGLISH_NONSENSE: &[&str] = &[
    "it will rain tomorrow",
    "my name is john smith",
    "mira avenue forty two flat seventeen",
    "yes of course please do",
    "no thank you",
    "tomorrow afternoon around three",
    "plus seven nine one one one two three four five six seven",
    "i like playing chess in the evenings",
    "how many stars are in the sky",
    "we went to the cinema last night",
    "the cat sits in a tree",
    "what is the weather like",
    "tell me a joke",
    "my dog barks at the postman",
    "blah blah blah",
    "please repeat i did not hear you",
];

#[test]
fn what_is_not_understood_gives_nothing() {
    for (pack, nonsense) in [(russian(), RUSSIAN_NONSENSE), (english(), ENGLISH_NONSENSE)] {
        let understood: Vec<String> = nonsense
            .iter()
            .filter(|said| pack.read(said) != Reading::default())
            .map(|said| format!("{said}: {:?}", pack.read(said)))
            .collect();

        assert!(understood.is_empty(), "{}", understood.join("\n"));
    }
}
