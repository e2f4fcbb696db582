// bonescan: subcommands by name.
int main() { return 0; }
