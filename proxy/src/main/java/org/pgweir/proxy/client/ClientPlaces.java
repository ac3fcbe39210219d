package org.pgweir.proxy.client;

import org.pgweir.proxy.route.Quota;

/**
 * What one client takes of {@code max_db_client_connections} and {@code max_user_client_connections}.
 *
 * @param database null if it is not counted
 * @param user null if it is not counted
 */
record ClientPlaces(Quota database, Quota user) {
    /** Took nothing. */
    static final ClientPlaces NONE = new ClientPlaces(null, null);

    /** How asking for both places ended. */
    enum Result {
        TAKEN,
        DATABASE_FULL,
        USER_FULL
    }

    /** Takes both places or none; limits of 0 are none. */
    Result take(int mostOfDatabase, int mostOfUser) {
        if (!database.tryAcquire(mostOfDatabase)) {
            return Result.DATABASE_FULL;
        }
        if (user != null && !user.tryAcquire(mostOfUser)) {
            database.release();
            return Result.USER_FULL;
        }
        return Result.TAKEN;
    }

    void giveBack() {
        if (database != null) {
            database.release();
        }
        if (user != null) {
            user.release();
        }
    }
}
