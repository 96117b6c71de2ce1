package dev.luthier.recipe;

import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import java.nio.file.Path;
import java.util.Optional;

/** Settings of recipes that tune a model, or an adapter that was begun before. */
interface TunedSettings extends RunSettings {
  /** The base model's folder. */
  Path model();

  /** An adapter to begin from. */
  Optional<Path> adapter();

  /** Where the result is written. */
  Path output();

  /** Which weights are trained. */
  SftSettings.Method method();

  /** Where it runs. */
  String device();

  /** Where the matrices of a frozen base are between uses. */
  SftSettings.Weights weights();

  /** A new adapter. */
  LoraSettings lora();

  /** How qlora holds the base. */
  QuantSettings quant();
}
