package org.pgweir.proxy.client;

import org.pgweir.proxy.route.Quota;

/** What one client takes of {@code max_db_client_connections} and {@code max_user_client_connections}. */
final class ClientPlaces {
    /** Took nothing. */
    static final ClientPlaces NONE = new ClientPlaces(null, null);

    private final Quota database;
    private final Quota user;

    /** How asking for both places ended. */
    enum Result {
        TAKEN,
        DATABASE_FULL,
        USER_FULL
    }

    /** Either may be null: then it is not counted. */
    ClientPlaces(Quota database, Quota user) {
        this.database = database;
        this.user = user;
    }

    /** Takes both places or none; limits of 0 are none. */
    Result take(int mostOfDatabase, int mostOfUser) {
        if (user != null && !user.tryAcquire(mostOfUser)) {
            return Result.USER_FULL;
        }
        if (!database.tryAcquire(mostOfDatabase)) {
            if (user != null) {
                user.release();
            }
            return Result.DATABASE_FULL;
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
