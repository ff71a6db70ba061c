"""From a coordinate file to a prepared model: repaired, protonated, its metal site judged."""
