/**
 * One connection of an application: startup packet, login, serving, end. A client lives on the loop that accepted it. What it may be
 * told is in {@link org.pgweir.proxy.client.ClientErrors}.
 */
package org.pgweir.proxy.client;
