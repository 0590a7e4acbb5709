//! Channel information: the body of every 2xx of a publisher location (R53 to R56).

use bytes::Bytes;
use fanfare_hub::{ChannelInfo, MessageId};
use http::HeaderValue;
use http::header::{ACCEPT, HeaderMap};

use crate::Profile;

/// How channel information is written for one request: syntax, media type and dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InfoFormat {
    profile: Profile,
    syntax: Syntax,
    media_type: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Json,
    Text,
    Xml,
    Yaml,
}

/// What a member of `Accept` may begin with. The longer text of the member is not answered with:
/// `application/json-patch+json` gets JSON, and is told so.
const MEDIA_TYPES: [(&str, Syntax); 12] = [
    ("text/plain", Syntax::Text),
    ("text/json", Syntax::Json),
    ("text/x-json", Syntax::Json),
    ("text/yaml", Syntax::Yaml),
    ("text/x-yaml", Syntax::Yaml),
    ("text/xml", Syntax::Xml),
    ("application/plain", Syntax::Text),
    ("application/json", Syntax::Json),
    ("application/x-json", Syntax::Json),
    ("application/yaml", Syntax::Yaml),
    ("application/x-yaml", Syntax::Yaml),
    ("application/xml", Syntax::Xml),
];

impl InfoFormat {
    /// Plain text, for whoever has no wish.
    pub fn text(profile: Profile) -> Self {
        Self {
            profile,
            syntax: Syntax::Text,
            media_type: Syntax::Text.plain_type(),
        }
    }

    /// Chooses by `Accept`: the first member from the left that names one of our types, in any
    /// case, unless its weight is 0. Other weights do not count, because the protocol's servers
    /// never looked at them and `text/html, application/json;q=0.5` means JSON to their clients.
    /// Plain text if nothing fits.
    pub fn negotiate(headers: &HeaderMap, profile: Profile) -> Self {
        headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .find_map(|member| Self::asked_for(member, profile))
            .unwrap_or_else(|| Self::text(profile))
    }

    fn asked_for(member: &str, profile: Profile) -> Option<Self> {
        let mut parts = member.split(';').map(str::trim);
        let asked = parts.next()?;
        if parts.any(is_weight_zero) {
            return None;
        }
        let (media_type, syntax) = MEDIA_TYPES
            .into_iter()
            .find(|(start, _)| begins_with(asked, start))?;
        Some(Self {
            profile,
            syntax,
            media_type: if profile.echoes_media_type() {
                media_type
            } else {
                syntax.plain_type()
            },
        })
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(self.media_type)
    }

    /// The body. Byte for byte what the protocol's servers send, line ends and spaces included.
    pub fn body(self, info: &ChannelInfo) -> Bytes {
        let (messages, subscribers) = (info.messages, info.subscribers);
        let requested = requested(info);
        let never_note = self.profile.never_note();
        let last = self.last_message(info);
        Bytes::from(match self.syntax {
            Syntax::Json => format!(
                "{{\"messages\": {messages}, \"requested\": {requested}, \
                 \"subscribers\": {subscribers}{last} }}"
            ),
            Syntax::Text => format!(
                "queued messages: {messages}\r\n\
                 last requested: {requested} sec. ago{never_note}\r\n\
                 active subscribers: {subscribers}{last}"
            ),
            Syntax::Xml => format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\r\n\
                 <channel>\r\n\
                 \x20 <messages>{messages}</messages>\r\n\
                 \x20 <requested>{requested}</requested>\r\n\
                 \x20 <subscribers>{subscribers}</subscribers>\r\n\
                 {last}</channel>"
            ),
            Syntax::Yaml => format!(
                "---\r\n\
                 messages: {messages}\r\n\
                 requested: {requested}\r\n\
                 subscribers: {subscribers}\r\n\
                 {last}\r\n"
            ),
        })
    }

    /// The fourth field with what divides it from the third, in the dialect that has it. `0:0`
    /// stands for the newest message where there has been none.
    fn last_message(self, info: &ChannelInfo) -> String {
        if !self.profile.informs_of_last_message() {
            return String::new();
        }
        let id = info.last_message_id.unwrap_or(MessageId::ZERO);
        match self.syntax {
            Syntax::Json => format!(", \"last_message_id\": \"{id}\""),
            Syntax::Text => format!("\r\nlast message id: {id}"),
            Syntax::Xml => format!("  <last_message_id>{id}</last_message_id>\r\n"),
            Syntax::Yaml => format!("last_message_id: \"{id}\"\r\n"),
        }
    }
}

impl Syntax {
    fn plain_type(self) -> &'static str {
        match self {
            Self::Json => "text/json",
            Self::Text => "text/plain",
            Self::Xml => "text/xml",
            Self::Yaml => "text/yaml",
        }
    }
}

fn begins_with(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// `q=0`, also written `Q=0.000` (RFC 9110, 12.4.2).
fn is_weight_zero(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    name.trim().eq_ignore_ascii_case("q") && value.trim().parse() == Ok(0.0_f32)
}

/// Whole seconds, -1 for never.
fn requested(info: &ChannelInfo) -> i64 {
    let Some(ago) = info.requested else {
        return -1;
    };
    i64::try_from(ago.as_secs()).unwrap_or(i64::MAX)
}
