-- Version 4: cells may be packed in format 3, which older programs do not read. Readers of version 3 ask for nothing else.

-- Nothing looks trays up by their receipt: moments are looked up by trays_by_moment.
DROP INDEX trays_by_time;
