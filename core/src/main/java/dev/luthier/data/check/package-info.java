/**
 * The audit of a training set against a model: what would spoil a run, what a run would not learn
 * from, and what should not be in it, row by row.
 */
@org.jspecify.annotations.NullMarked
package dev.luthier.data.check;
