//! `application/x-www-form-urlencoded`, as in the URL standard §5.2.

/// Appends `text` with everything but letters, digits and `*-._` escaped; a space becomes `+`.
fn escape(text: &str, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
}

/// The pairs in this order; a repeated name is how Twilio takes a list.
pub(super) fn encode(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        escape(name, &mut out);
        out.push('=');
        escape(value, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn nothing_in_a_value_can_become_another_parameter() {
        let text = encode(&[("To", "sip:a b@x.example&Twiml=<Hangup/>"), ("N", "é+*-._%")]);
        assert_eq!(text, "To=sip%3Aa+b%40x.example%26Twiml%3D%3CHangup%2F%3E&N=%C3%A9%2B*-._%25");
    }
}
