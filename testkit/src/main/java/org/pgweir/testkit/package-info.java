/** Placeholder. */
package org.pgweir.testkit;
