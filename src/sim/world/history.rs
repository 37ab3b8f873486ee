//! What was acknowledged is lost.

use crate::sim::audit::Audit;
use crate::sim::world::World;
use crate::store::MemoryStore;

impl World {
    /// What is stored now, to come back to.
    #[must_use]
    pub fn keep_history(&self) -> MemoryStore {
        self.store.copied()
    }

    /// Loses every commit since `earlier` was kept. The audit judges what comes from now on: what it remembers is of
    /// another history, and so are the answers that were given.
    pub fn lose_history_since(&mut self, earlier: &MemoryStore) {
        self.store.rewind(earlier);
        self.audit = Audit::by(self.switchboard());
        self.answers.clear();
        self.audited = self.store.commits();
        // A node that is not called looks for work all the same, and finds that there is none.
        let board = self.switchboard();
        drop(self.block_on(board.turn()));
    }

    /// Loses everything that was ever stored, as one who begins with an empty store while calls are in progress.
    pub fn lose_everything(&mut self) {
        self.lose_history_since(&MemoryStore::new());
    }
}
