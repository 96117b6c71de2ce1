/**
 * Texts with labels: classes, several labels at once, numbers, and a label for each word; from rows
 * of files to batches.
 */
@org.jspecify.annotations.NullMarked
package dev.luthier.data.labels;
