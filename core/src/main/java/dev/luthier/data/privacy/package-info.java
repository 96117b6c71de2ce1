/**
 * Personal data and secrets in training texts: found by form, checksum and the words before them.
 *
 * <p>{@link PersonalData} asks every {@link Detector} and lets the longest explanation of a stretch
 * of text win. All detectors take time linear in the text, whatever it is: they look at a bounded
 * number of characters around what they look for.
 */
@NullMarked
package dev.luthier.data.privacy;

import org.jspecify.annotations.NullMarked;
