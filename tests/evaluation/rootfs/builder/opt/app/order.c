int order(int count) { return count * 3; }
