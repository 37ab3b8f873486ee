//! Who answered: a person, a machine or a fax.
