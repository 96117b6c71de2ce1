package dev.luthier.serve;

import dev.luthier.llamacpp.LlamaAdapter;

/** An adapter at work: what is told of it, and what llama.cpp adds. */
record LlamaServed(EngineAdapter info, LlamaAdapter matrices) {}
