//! The closed lists of words that attributes take.

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident {
        $($(#[$word_meta:meta])* $variant:ident = $word:literal $(| $alias:literal)*,)+
    })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_meta])* $variant,)+
        }

        impl $name {
            /// Every word of the list.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word as Twilio writes it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl $crate::twiml::element::Value for $name {
            const EXPECTED: &'static str = concat!("one of", $(" ", $word),+);
            #[inline]
            fn write(&self, out: &mut $crate::twiml::write::Writer) {
                out.plain_value(self.as_str());
            }
            #[inline]
            fn size(&self) -> usize {
                self.as_str().len()
            }
            fn read(text: &str) -> Option<Self> {
                match text {
                    $($word $(| $alias)* => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    )*};
}

pub(super) use words;

words! {
    /// How Twilio requests a URL.
    Method {
        /// Parameters in the query.
        Get = "GET" | "get",
        /// Parameters as a form in the body.
        Post = "POST" | "post",
    }

    /// What a `Gather` listens for; with both, the first kind heard wins.
    Input {
        /// Keys.
        Dtmf = "dtmf",
        /// Speech.
        Speech = "speech",
        /// Keys or speech.
        DtmfSpeech = "dtmf speech" | "speech dtmf",
    }

    /// What recognises the speech of a `Gather`.
    SpeechModel {
        /// Twilio's choice.
        Default = "default",
        /// Short answers and numbers.
        NumbersAndCommands = "numbers_and_commands",
        /// Telephone audio.
        PhoneCall = "phone_call",
        /// Long answers.
        ExperimentalConversations = "experimental_conversations",
        /// Short answers.
        ExperimentalUtterances = "experimental_utterances",
        /// Google V2, long.
        GoogleLong = "googlev2_long",
        /// Google V2, short.
        GoogleShort = "googlev2_short",
        /// Google V2, telephone audio.
        GoogleTelephony = "googlev2_telephony",
        /// Google V2, telephone audio, short.
        GoogleTelephonyShort = "googlev2_telephony_short",
        /// Deepgram Nova 2.
        DeepgramNova2 = "deepgram_nova-2",
        /// Deepgram Nova 3.
        DeepgramNova3 = "deepgram_nova-3",
    }

    /// Why a `Reject` turns the caller away.
    Reason {
        /// The "not in service" tone.
        Rejected = "rejected",
        /// The busy tone.
        Busy = "busy",
    }

    /// Whether silence at the ends of a recording is cut.
    Trim {
        /// Cut.
        Silence = "trim-silence",
        /// Keep.
        Nothing = "do-not-trim",
    }

    /// What of a `Dial` is recorded.
    DialRecord {
        /// Nothing.
        Nothing = "do-not-record" | "false",
        /// From the answer, one channel.
        FromAnswer = "record-from-answer" | "true",
        /// From the first ring, one channel.
        FromRinging = "record-from-ringing",
        /// From the answer, a channel for each side.
        FromAnswerDual = "record-from-answer-dual",
        /// From the first ring, a channel for each side.
        FromRingingDual = "record-from-ringing-dual",
    }

    /// Which side of a `Dial` is recorded.
    RecordingTrack {
        /// Both.
        Both = "both",
        /// What arrives at Twilio.
        Inbound = "inbound",
        /// What Twilio sends.
        Outbound = "outbound",
    }

    /// When Twilio reports on a recording.
    RecordingEvent {
        /// It began.
        InProgress = "in-progress",
        /// It can be fetched.
        Completed = "completed",
        /// There is none.
        Absent = "absent",
    }

    /// The country whose ring tone a caller hears.
    RingTone {
        /// Austria.
        At = "at",
        /// Australia.
        Au = "au",
        /// Bulgaria.
        Bg = "bg",
        /// Brazil.
        Br = "br",
        /// Belgium.
        Be = "be",
        /// Switzerland.
        Ch = "ch",
        /// Chile.
        Cl = "cl",
        /// China.
        Cn = "cn",
        /// Czechia.
        Cz = "cz",
        /// Germany.
        De = "de",
        /// Denmark.
        Dk = "dk",
        /// Estonia.
        Ee = "ee",
        /// Spain.
        Es = "es",
        /// Finland.
        Fi = "fi",
        /// France.
        Fr = "fr",
        /// Greece.
        Gr = "gr",
        /// Hungary.
        Hu = "hu",
        /// Israel.
        Il = "il",
        /// India.
        In = "in",
        /// Italy.
        It = "it",
        /// Lithuania.
        Lt = "lt",
        /// Japan.
        Jp = "jp",
        /// Mexico.
        Mx = "mx",
        /// Malaysia.
        My = "my",
        /// The Netherlands.
        Nl = "nl",
        /// Norway.
        No = "no",
        /// New Zealand.
        Nz = "nz",
        /// The Philippines.
        Ph = "ph",
        /// Poland.
        Pl = "pl",
        /// Portugal.
        Pt = "pt",
        /// Russia.
        Ru = "ru",
        /// Sweden.
        Se = "se",
        /// Singapore.
        Sg = "sg",
        /// Thailand.
        Th = "th",
        /// The United Kingdom.
        Uk = "uk",
        /// The United States.
        Us = "us",
        /// The United States, before 1960.
        UsOld = "us-old",
        /// Taiwan.
        Tw = "tw",
        /// Venezuela.
        Ve = "ve",
        /// South Africa.
        Za = "za",
    }

    /// What Twilio reports of a `Dial`, as its libraries write it.
    DialEvent {
        /// How the dialling goes.
        CallProgress = "call-progress-event",
    }

    /// When Twilio reports on a dialled leg.
    CallEvent {
        /// It was begun.
        Initiated = "initiated",
        /// It rings.
        Ringing = "ringing",
        /// It was answered.
        Answered = "answered",
        /// It is over.
        Completed = "completed",
    }

    /// What Twilio does once it knows whether a person or a machine answered.
    MachineDetection {
        /// Reports at once.
        Enable = "Enable",
        /// Reports when a machine's greeting is over.
        DetectMessageEnd = "DetectMessageEnd",
    }

    /// When a conference beeps.
    Beep {
        /// When somebody joins or leaves.
        True = "true",
        /// Never.
        False = "false",
        /// When somebody joins.
        OnEnter = "onEnter",
        /// When somebody leaves.
        OnExit = "onExit",
    }

    /// How much a conference buffers against an uneven network.
    JitterBuffer {
        /// 300 to 1000 ms.
        Large = "large",
        /// In between.
        Medium = "medium",
        /// 150 to 200 ms.
        Small = "small",
        /// Nothing.
        Off = "off",
    }

    /// Whether a conference is recorded.
    ConferenceRecord {
        /// No.
        Nothing = "do-not-record" | "false",
        /// From its start.
        FromStart = "record-from-start" | "true",
    }

    /// Where a conference is mixed.
    Region {
        /// Virginia.
        Us1 = "us1",
        /// Oregon.
        Us2 = "us2",
        /// Ireland.
        Ie1 = "ie1",
        /// Frankfurt.
        De1 = "de1",
        /// Singapore.
        Sg1 = "sg1",
        /// São Paulo.
        Br1 = "br1",
        /// Sydney.
        Au1 = "au1",
        /// Tokyo.
        Jp1 = "jp1",
    }

    /// When Twilio reports on a conference.
    ConferenceEvent {
        /// It started.
        Start = "start",
        /// It ended.
        End = "end",
        /// A participant joined.
        Join = "join",
        /// A participant left.
        Leave = "leave",
        /// A participant was muted or unmuted.
        Mute = "mute",
        /// A participant was put on hold or taken back.
        Hold = "hold",
        /// A participant's settings changed.
        Modify = "modify",
        /// A participant began or stopped speaking.
        Speaker = "speaker",
        /// An announcement ended.
        Announcement = "announcement",
    }
}
