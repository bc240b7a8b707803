//! A phone number as one person's name: E.164, whatever way it was said, typed or signalled.

/// E.164 of a number, or `None` where it cannot be one (short numbers, words, nonsense).
///
/// Russian spellings first: "8 911 000-00-00", "7911…", ten digits; then "+…" and "00…" or "810…"
/// for the rest of the world, 8 to 15 digits (ITU-T E.164 section 6).
pub fn e164(text: &str) -> Option<String> {
    if text.chars().any(|it| it.is_alphabetic()) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text.trim_start().starts_with('+') {
        return international(&digits);
    }

    match (digits.len(), digits.as_bytes().first()?) {
        (10, b'3' | b'4' | b'8' | b'9') => Some(format!("+7{digits}")),
        (11, b'7' | b'8') => Some(format!("+7{}", &digits[1..])),
        _ => international(digits.strip_prefix("810").or_else(|| digits.strip_prefix("00"))?),
    }
}

fn international(digits: &str) -> Option<String> {
    let plausible = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
    let russian = digits.starts_with('7') && digits.len() != 11;

    (plausible && !russian).then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn russian_spellings_are_one_number() {
        for spelling in ["8 (911) 000-12-34", "+7 911 000 12 34", "79110001234", "9110001234"] {
            assert_eq!(e164(spelling).as_deref(), Some("+79110001234"), "{spelling}");
        }
    }

    #[test]
    fn a_city_number_of_kaliningrad_is_understood() {
        assert_eq!(e164("8 4012 57-12-34").as_deref(), Some("+74012571234"));
    }

    #[test]
    fn numbers_of_other_countries_keep_their_code() {
        assert_eq!(e164("+1 415 555 2671").as_deref(), Some("+14155552671"));
        assert_eq!(e164("0049 30 1234567").as_deref(), Some("+49301234567"));
        assert_eq!(e164("810 375 29 1234567").as_deref(), Some("+375291234567"));
    }

    #[test]
    fn what_cannot_be_a_number_is_none() {
        for nonsense in ["", "100", "anonymous", "911", "+7911", "+0123456789", "+1234567890123456"]
        {
            assert_eq!(e164(nonsense), None, "{nonsense}");
        }
    }
}
