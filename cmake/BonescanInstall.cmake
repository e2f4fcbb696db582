# Found at configure time; the install rules come here.
