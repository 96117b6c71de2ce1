/**
 * From messy exports to a prepared set: rows are cleaned, filtered, freed of duplicates and
 * personal data, split, mixed, encoded and packed, each with an account of what it dropped and why.
 */
@org.jspecify.annotations.NullMarked
package dev.luthier.data.prepare;
