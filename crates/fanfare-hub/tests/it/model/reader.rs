//! A subscriber as an adapter drives one, and a witness of what it was given and told.

use std::ops::Bound;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use fanfare_hub::{
    Gap, Inbox, Item, Message, MessageId, Page, Place, Seat, Standing, Step, WireFormat,
};

use super::naive::Channel;
use super::{Begin, CHANNELS};
use crate::rig::bounded_inbox;

pub(super) struct Reader {
    pub(super) inbox: Arc<Inbox>,
    format: WireFormat,
    pub(super) subscription: Option<Subscription>,
    /// What it knew when it left, by channel.
    pub(super) left: [Option<Witness>; CHANNELS],
    /// The wire forms it was the first to make.
    pub(super) forms: Vec<Form>,
}

pub(super) struct Subscription {
    pub(super) channel: usize,
    pub(super) place: Place,
    pub(super) seat: Seat,
    /// A page on its way.
    pub(super) asked: Option<Asked>,
    pub(super) witness: Witness,
    /// It has reached the head since it joined, so its inbox brings everything further.
    pub(super) is_live: bool,
}

/// A page, and the life of the channel in which it was read.
pub(super) struct Asked {
    pub(super) page: Page,
    pub(super) life: usize,
}

pub(super) struct Form {
    pub(super) message: Weak<Message>,
    pub(super) channel: usize,
    pub(super) id: MessageId,
    pub(super) bytes: usize,
}

/// Knows all that one reader of a channel has been given, and holds it against the model.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    /// Everything published up to here was given or lies in a gap that was told.
    position: Option<MessageId>,
    /// The life of the channel that `position` is from.
    life: usize,
    /// `position` is a cursor that did not come from this hub.
    is_foreign: bool,
    /// The first thing to come must be a gap.
    is_owed: bool,
}

/// What a batch from the inbox asks for.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) is_behind: bool,
    pub(super) is_over: bool,
}

impl Reader {
    pub(super) fn new(index: usize) -> Self {
        // So small that it is soon full.
        let (inbox, _) = bounded_inbox(4, 1000);
        Self {
            inbox,
            format: WireFormat(if index == 0 { 0 } else { 1 }),
            subscription: None,
            left: [const { None }; CHANNELS],
            forms: Vec::new(),
        }
    }

    /// Delivers what is next among the items, and says what else they ask for.
    pub(super) fn handle(&mut self, items: &[Item], channel: &Channel) -> Taken {
        let mut taken = Taken::default();
        let Some(subscription) = &mut self.subscription else {
            return taken;
        };
        for item in items {
            match item {
                Item::Behind(name) => taken.is_behind |= name == subscription.place.channel(),
                Item::End {
                    channel, before, ..
                } => {
                    taken.is_over |= channel == subscription.place.channel()
                        && subscription.seat.ticket < *before;
                }
                Item::Message(message) if message.channel() == subscription.place.channel() => {
                    match subscription.place.judge(message) {
                        Standing::Behind => taken.is_behind = true,
                        Standing::Next => {
                            subscription.witness.given(message, channel);
                            let form = form(message, subscription.channel, self.format);
                            self.forms.extend(form);
                        }
                        Standing::Seen => {}
                    }
                }
                // Of a channel that it listened to before.
                Item::Message(_) => {}
            }
        }
        taken
    }

    /// Delivers what a page holds. `is_fresh` if it was read just now.
    pub(super) fn follow(&mut self, asked: Asked, channel: &Channel, is_fresh: bool) {
        let Asked { mut page, life } = asked;
        let Some(subscription) = &mut self.subscription else {
            return;
        };
        subscription.witness.begins_at(page.start, life);
        while let Some(step) = subscription.place.follow(&mut page) {
            match step {
                Step::Gap(gap) => {
                    subscription.witness.told(gap, channel, life);
                    let could_be_had = channel.stored_within(gap.after, gap.resumed);
                    assert!(!is_fresh || could_be_had == 0, "{gap:?} gives up too much");
                }
                Step::Message(message) => {
                    subscription.witness.given(&message, channel);
                    let form = form(&message, subscription.channel, self.format);
                    self.forms.extend(form);
                }
            }
        }
    }
}

/// Makes the wire form of a message, unless another reader has made it.
fn form(message: &Arc<Message>, channel: usize, format: WireFormat) -> Option<Form> {
    let mut made = None;
    message.encoded(format, |message| {
        let bytes = message.payload().len() + 10;
        made = Some(bytes);
        Bytes::from(vec![0; bytes])
    });
    made.map(|bytes| Form {
        message: Arc::downgrade(message),
        channel,
        id: message.id(),
        bytes,
    })
}

impl Witness {
    /// Of a reader that joins; `left` is what it knew when it left the channel.
    pub(super) fn new(begin: Begin, left: Option<Self>, life: usize) -> Self {
        let fresh = Self {
            position: begin_id(begin),
            life,
            is_foreign: !matches!(begin, Begin::Back | Begin::Without(_)),
            is_owed: matches!(begin, Begin::EarlierLife | Begin::Future),
        };
        match begin {
            Begin::Back => left.unwrap_or(fresh),
            _ => fresh,
        }
    }

    pub(super) fn position(&self) -> Option<MessageId> {
        self.position
    }

    pub(super) fn is_owed(&self) -> bool {
        self.is_owed
    }

    fn begins_at(&mut self, start: MessageId, life: usize) {
        if self.position.is_none() {
            self.position = Some(start);
            self.life = life;
        }
    }

    fn given(&mut self, message: &Message, channel: &Channel) {
        let id = message.id();
        let position = self.position.expect("a page comes before live messages");
        assert!(!self.is_owed, "{id} comes before the gap at {position}");
        assert!(id > position, "{id} comes after {position}");
        let skipped = channel.count((Bound::Excluded(position), Bound::Excluded(id)));
        assert_eq!(skipped, 0, "lost in silence between {position} and {id}");
        self.moves_to(id, channel.find(id).life);
    }

    fn told(&mut self, gap: Gap, channel: &Channel, life: usize) {
        let Gap { after, resumed } = gap;
        assert_eq!(Some(after), self.position);
        let missed = channel.count((Bound::Excluded(after), Bound::Included(resumed)));
        let may_be_careful = self.is_foreign || self.life != life;
        assert!(missed > 0 || may_be_careful, "{gap:?} missed nothing");
        assert!(after < resumed || self.is_foreign, "{gap:?} goes back");
        self.moves_to(resumed, life);
    }

    fn moves_to(&mut self, position: MessageId, life: usize) {
        *self = Self {
            position: Some(position),
            life,
            is_foreign: false,
            is_owed: false,
        };
    }
}

fn begin_id(begin: Begin) -> Option<MessageId> {
    match begin.start(None) {
        fanfare_hub::Start::After(cursor) => Some(cursor),
        _ => None,
    }
}
