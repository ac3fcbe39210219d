/** Placeholder. */
package org.pgweir.proxy;
