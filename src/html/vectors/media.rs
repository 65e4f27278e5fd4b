//! Sound, film, plug-ins, and the data of AMP mail.

use super::{Entry, Value, attribute_of};
use crate::html::Vector;

pub(super) const ENTRIES: &[Entry] = &[
    attribute_of(MEDIA, "src", Value::Url, Vector::MediaSrc),
    attribute_of(&["object"], "data", Value::Url, Vector::ObjectData),
    attribute_of(&["embed"], "src", Value::Url, Vector::ObjectData),
    attribute_of(&["param"], "value", Value::Url, Vector::PluginSrc),
    attribute_of(PLUGINS, "archive", Value::Urls, Vector::PluginSrc),
    attribute_of(PLUGINS, "classid", Value::Url, Vector::PluginSrc),
    attribute_of(PLUGINS, "code", Value::Url, Vector::PluginSrc),
    attribute_of(PLUGINS, "codebase", Value::Url, Vector::PluginSrc),
    attribute_of(PLUGINS, "href", Value::Url, Vector::PluginSrc),
    attribute_of(PLUGINS, "movie", Value::Url, Vector::PluginSrc),
    attribute_of(PLUGINS, "object", Value::Url, Vector::PluginSrc),
    attribute_of(PLUGINS, "qtsrc", Value::Url, Vector::PluginSrc),
    attribute_of(&["applet", "object"], "src", Value::Url, Vector::PluginSrc),
    attribute_of(AMP_DATA, "src", Value::Url, Vector::AmpSrc),
    attribute_of(&["amp-analytics"], "config", Value::Url, Vector::AmpSrc),
    attribute_of(&[], "[src]", Value::Text, Vector::AmpBind),
    attribute_of(&[], "[srcset]", Value::Text, Vector::AmpBind),
    attribute_of(&[], "data-amp-bind-src", Value::Text, Vector::AmpBind),
    attribute_of(&[], "data-amp-bind-srcset", Value::Text, Vector::AmpBind),
];

const MEDIA: &[&str] = &[
    "audio",
    "video",
    "source",
    "track",
    "bgsound",
    "sound",
    "amp-audio",
    "amp-video",
];

const PLUGINS: &[&str] = &["applet", "embed", "object"];

const AMP_DATA: &[&str] = &["amp-autocomplete", "amp-list", "amp-render", "amp-state"];
