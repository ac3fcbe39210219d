/** Placeholder. */
package org.pgweir.config;
