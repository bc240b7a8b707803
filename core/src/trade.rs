//! The words of the trade that every room uses: category, urgency, address, language, channel.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Electrical,
    Plumbing,
    Appliance,
    General,
}

impl Category {
    pub const ALL: [Self; 4] = [Self::Electrical, Self::Plumbing, Self::Appliance, Self::General];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    Urgent,
    #[default]
    Standard,
    Flexible,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Complexity {
    Easy,
    #[default]
    Medium,
    Hard,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    Ru,
    En,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Phone,
    Web,
    Telegram,
    Whatsapp,
    Viber,
    Vk,
    Max,
    Form,
}

/// Where the master goes. `house` holds the number with fraction and letter ("21/3", "190д"),
/// `building` the корпус or строение, `flat` the flat or office.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Address {
    pub city: Option<String>,
    pub street: Option<String>,
    pub house: Option<String>,
    pub building: Option<String>,
    pub entrance: Option<String>,
    pub floor: Option<String>,
    pub flat: Option<String>,
}

impl Address {
    /// One line as a person writes it: "Калининград, улица Ленина 21/3, корп. 2, кв. 14". Empty
    /// parts are left out. Labels are the organisation's own language's business elsewhere; these
    /// are for the map and the master.
    pub fn line(&self) -> String {
        let labelled =
            |label: &str, part: &Option<String>| part.as_ref().map(|it| format!("{label} {it}"));
        let place = match (&self.street, &self.house) {
            (Some(street), Some(house)) => Some(format!("{street} {house}")),
            (street, house) => street.clone().or_else(|| house.clone()),
        };

        [
            self.city.clone(),
            place,
            labelled("корп.", &self.building),
            labelled("подъезд", &self.entrance),
            labelled("этаж", &self.floor),
            labelled("кв.", &self.flat),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
    }
}
