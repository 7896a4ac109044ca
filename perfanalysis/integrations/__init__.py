"""What runs inside other tools: it imports neither heavy libraries nor the rest of perfanalysis."""
