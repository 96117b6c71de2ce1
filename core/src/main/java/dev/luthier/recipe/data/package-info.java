/** Jobs on training data: auditing a set, preparing one. */
@org.jspecify.annotations.NullMarked
package dev.luthier.recipe.data;
