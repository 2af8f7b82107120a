"""What a stranger's process may see and do: bubblewrap, or Landlock and a filter of system calls."""
