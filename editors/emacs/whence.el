;;; whence.el --- Which lines came from AI coding tools  -*- lexical-binding: t -*-

;; SPDX-License-Identifier: Apache-2.0
;; Package-Requires: ((emacs "28.1"))

;;; Commentary:

;; Starts the language server `whence lsp' with eglot or lsp-mode, and adds the commands that an editor's own
;; keys do not reach: `whence-explain', `whence-scan', `whence-debug-information'.
;;
;; lsp-mode runs Whence beside a language's own server.  eglot runs one server for a buffer:
;; `whence-eglot-modes' says in which modes that is Whence.

;;; Code:

(require 'cl-lib)
(require 'json)

(declare-function eglot-current-server "eglot")
(declare-function jsonrpc-request "jsonrpc")
(declare-function lsp-find-workspace "lsp-mode")
(declare-function lsp-register-client "lsp-mode")
(declare-function lsp-request "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function lsp-workspaces "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(defvar eglot-server-programs)

(defgroup whence nil
  "Which lines came from AI coding tools, and who has answered for them."
  :group 'tools)

(defcustom whence-command '("whence" "lsp")
  "The program that is the language server, and its arguments."
  :type '(repeat string))

(defcustom whence-eglot-modes nil
  "Major modes in which eglot runs Whence instead of another server."
  :type '(repeat symbol))

(with-eval-after-load 'eglot
  (when whence-eglot-modes
    (push (cons whence-eglot-modes whence-command) eglot-server-programs)))

(with-eval-after-load 'lsp-mode
  (lsp-register-client
   (make-lsp-client :new-connection (lsp-stdio-connection (lambda () whence-command))
                    :activation-fn (lambda (file-name &rest _) (and file-name t))
                    :add-on? t
                    :priority -2
                    :server-id 'whence)))

(defun whence--execute (command &rest arguments)
  "Have the server of this buffer run COMMAND with ARGUMENTS, and return what it answers."
  (let ((params (list :command command :arguments (vconcat arguments))))
    (cond
     ((and (bound-and-true-p lsp-mode) (lsp-find-workspace 'whence))
      (let ((lsp--cur-workspace (lsp-find-workspace 'whence)))
        (ignore lsp--cur-workspace)
        (lsp-request "workspace/executeCommand" params)))
     ((and (fboundp 'eglot-current-server) (eglot-current-server))
      (jsonrpc-request (eglot-current-server) :workspace/executeCommand params :timeout 600))
     (t (user-error "Whence does not serve this buffer")))))

(defun whence--uri ()
  "The URI of this buffer's file."
  (concat "file://" (url-hexify-string (file-truename buffer-file-name) url-path-allowed-chars)))

;;;###autoload
(defun whence-explain ()
  "Show everything that is known of the line at point."
  (interactive)
  (let* ((line (1- (line-number-at-pos nil t)))
         (text (whence--execute "whence.explain" (list :uri (whence--uri) :line line))))
    (with-current-buffer (get-buffer-create "*whence*")
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert text)
        (goto-char (point-min))
        (if (fboundp 'gfm-view-mode) (gfm-view-mode) (special-mode)))
      (display-buffer (current-buffer)))))

;;;###autoload
(defun whence-scan ()
  "Scan the workspace; findings of files that are not open are shown too."
  (interactive)
  (let ((done (whence--execute "whence.scanWorkspace")))
    (message "Whence: %s" (if (hash-table-p done) (gethash "message" done) (plist-get done :message)))))

;;;###autoload
(defun whence-debug-information ()
  "Show how the server is: versions, workspaces, what could not be measured."
  (interactive)
  (let ((answer (whence--execute "whence.debugInformation")))
    (with-current-buffer (get-buffer-create "*whence debug*")
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert (json-encode answer))
        (json-pretty-print-buffer)
        (special-mode))
      (display-buffer (current-buffer)))))

(provide 'whence)

;;; whence.el ends here
