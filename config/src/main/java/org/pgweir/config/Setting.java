package org.pgweir.config;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One row of the table of settings.
 *
 * <p>A setting has its name in the global section. Where a database or a user may have its own value, that value often
 * stands under the same name; {@code default_pool_size} is overridden as {@code pool_size}.
 *
 * @param <T> the type of its values
 */
public final class Setting<T> {

    /** Where a setting may stand. */
    public enum Scope {
        /** In {@code [pgbouncer]}, or directly in {@code pgweir { }}. */
        GLOBAL,
        /** With a database. */
        DATABASE,
        /** With a user. */
        USER
    }

    /** What sets a row apart from an ordinary one: where it may stand, when it may change. */
    enum Trait {
        AT_START_ONLY,
        PER_DATABASE,
        PER_USER,
        ZERO_INHERITS,
        NO_DEFAULT
    }

    private final String name;
    private final List<String> overrideNames;
    private final SettingType<T> type;
    private final T defaultValue;
    private final Set<Trait> traits;
    private final String doc;
    private final String whyWithoutMeaning;

    Setting(
            String name,
            List<String> overrideNames,
            SettingType<T> type,
            T defaultValue,
            Set<Trait> traits,
            String doc,
            String whyWithoutMeaning) {
        this.name = name;
        this.overrideNames = overrideNames;
        this.type = type;
        this.defaultValue = defaultValue;
        this.traits = traits;
        this.doc = doc;
        this.whyWithoutMeaning = whyWithoutMeaning;
    }

    /** The name in the global section, on the console and in the documentation. */
    public String name() {
        return name;
    }

    /**
     * The names under which a database or a user may override it, the preferred one first; the further ones are for
     * databases only.
     */
    public List<String> overrideNames() {
        return overrideNames;
    }

    /** The value of one who does not set it. */
    public T defaultValue() {
        return defaultValue;
    }

    /** Whether the default is a value like others; otherwise PgBouncer shows NULL in its place. */
    public boolean hasDefault() {
        return !traits.contains(Trait.NO_DEFAULT);
    }

    /** Where it may stand. */
    public Set<Scope> scopes() {
        Set<Scope> scopes = EnumSet.of(Scope.GLOBAL);
        if (traits.contains(Trait.PER_DATABASE)) {
            scopes.add(Scope.DATABASE);
        }
        if (traits.contains(Trait.PER_USER)) {
            scopes.add(Scope.USER);
        }
        return scopes;
    }

    /** Whether RELOAD and SET may change it; otherwise only a new start does. */
    public boolean isReloadable() {
        return !traits.contains(Trait.AT_START_ONLY);
    }

    /** Whether there is something in pgweir that it changes. */
    public boolean hasEffect() {
        return whyWithoutMeaning == null;
    }

    /** Why it can have no effect here; empty for those that have one. */
    public Optional<String> whyWithoutMeaning() {
        return Optional.ofNullable(whyWithoutMeaning);
    }

    /** Whether the value 0 of a database or user means "as configured globally", which PgBouncer does for most. */
    public boolean zeroInherits() {
        return traits.contains(Trait.ZERO_INHERITS);
    }

    /** One line about what it does. */
    public String doc() {
        return doc;
    }

    /** What is allowed, such as "a whole number from 1 to 65535". */
    public String allowed() {
        return type.allowed();
    }

    /**
     * Reads a value.
     *
     * @throws ConfigurationException without a file and a line, if the text is no such value
     */
    public T parse(String text) throws ConfigurationException {
        try {
            return type.parse(text);
        } catch (BadValue bad) {
            throw ConfigurationException.badValue(Position.NONE, name, text, bad);
        }
    }

    /** A value's text form for {@code SHOW CONFIG}. */
    public String shown(T value) {
        return type.shown(value);
    }

    SettingType<T> type() {
        return type;
    }

    boolean isOverriddenAs(Scope scope, String key) {
        if (!scopes().contains(scope)) {
            return false;
        }
        return scope == Scope.USER ? overrideNames.get(0).equals(key) : overrideNames.contains(key);
    }

    /** Whether a database or a user that has this value means the global one. */
    boolean isInherit(T value) {
        return zeroInherits() && (value.equals(0) || value.equals(Duration.ZERO));
    }

    @Override
    public String toString() {
        return name;
    }
}
