"""From what packages carry to ONNX or safetensors: without torch, pickle, or their code."""
