//! Resources of the REST API beside calls and conferences.
