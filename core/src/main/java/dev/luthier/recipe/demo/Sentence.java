package dev.luthier.recipe.demo;

/**
 * One sentence twice.
 *
 * @param plain canonical order, as in "The birch canoe slid on the smooth planks."
 * @param yoda the place, or the object where there is no place, in front: "On the smooth planks,
 *     the birch canoe slid."
 */
public record Sentence(String plain, String yoda) {}
