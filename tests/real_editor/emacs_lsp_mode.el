;;; A visit with lsp-mode: the finding is there, the quick fix answers, the finding is gone.  -*- lexical-binding: t -*-

(package-initialize)
(require 'lsp-mode)

(load (getenv "WHENCE_EL"))
(defvar test-seen nil)

(defun test-say (name value) (push (cons name value) test-seen))

(defun test-end (status)
  (with-temp-file (getenv "WHENCE_SEEN") (insert (json-encode test-seen)))
  (kill-emacs status))

(defun test-wait (what check)
  (let ((end (+ (float-time) 60)) found)
    (while (not (or (setq found (funcall check)) (> (float-time) end)))
      (accept-process-output nil 0.05))
    (unless found (test-say "failure" what) (test-end 1))
    found))

(defun test-shown ()
  (mapcar (lambda (item) (list (1+ (gethash "line" (gethash "start" (gethash "range" item))))
                               (gethash "message" item)))
          (sort (copy-sequence (test-items))
                (lambda (a b) (< (gethash "line" (gethash "start" (gethash "range" a)))
                                 (gethash "line" (gethash "start" (gethash "range" b))))))))

(defun test-items () (gethash (file-truename buffer-file-name) (lsp-diagnostics t)))

(setq lsp-auto-guess-root t
      lsp-keep-workspace-alive nil
      lsp-enable-file-watchers nil
      lsp-session-file (expand-file-name "lsp-session" (getenv "HOME"))
      lsp-restart 'ignore
      vc-handled-backends nil)
(lsp-workspace-folders-add default-directory)
(find-file "tides.py")
(lsp)
(test-wait "two findings" (lambda () (= 2 (length (test-items)))))
(test-say "first" (vconcat (test-shown)))
(goto-char (point-min))
(search-forward "def smooth")
(whence-explain)
(test-say "explained" (with-current-buffer "*whence*" (buffer-string)))
(let* ((actions (append (lsp-code-actions-at-point) nil))
       (fix (cl-find-if (lambda (action) (string-prefix-p "Mark human-reviewed" (gethash "title" action))) actions)))
  (test-say "actions" (vconcat (mapcar (lambda (action) (gethash "title" action)) actions)))
  (lsp-execute-code-action fix))
(test-wait "one finding" (lambda () (= 1 (length (test-items)))))
(test-say "reviewed" (vconcat (test-shown)))
(test-end 0)
