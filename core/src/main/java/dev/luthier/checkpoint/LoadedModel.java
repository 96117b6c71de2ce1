package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model in memory and where it came from.
 *
 * @param transformer the model
 * @param config its config.json
 * @param folder its folder; empty for one made from nothing
 * @param lora its adapter's settings, if it has an adapter
 */
public record LoadedModel(
    Transformer transformer,
    ObjectNode config,
    Optional<Path> folder,
    Optional<LoraSettings> lora) {}
