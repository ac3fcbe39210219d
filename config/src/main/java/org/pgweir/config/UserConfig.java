package org.pgweir.config;

/**
 * What is configured for a user. A user needs no such entry to log in.
 *
 * @param name the user's name
 * @param values the settings that this user overrides
 */
public record UserConfig(String name, SettingValues values) {}
